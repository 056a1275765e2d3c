"""The tables of the first release."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Lead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("email", models.CharField(max_length=254)),
                ("email_key", models.CharField(max_length=254)),
                ("firstname", models.CharField(max_length=200, null=True)),
                ("lastname", models.CharField(max_length=200, null=True)),
                ("phone", models.CharField(max_length=20, null=True)),
                ("phone_original", models.CharField(max_length=100, null=True)),
                ("data", models.JSONField(default=dict)),
                ("attribution", models.JSONField(default=dict)),
                ("test", models.BooleanField(default=False)),
                ("verified_at", models.DateTimeField(null=True)),
                ("merged_into_id", models.BigIntegerField(null=True)),
                ("sequence", models.IntegerField(default=0)),
                ("hash", models.BinaryField(default=b"", max_length=32)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace_id", "id"], name="lead_list"),
                    models.Index(fields=["workspace_id", "changed_at", "id"], name="lead_changed"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace_id", "email_key"), name="lead_email_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="LeadWebhook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField(db_index=True)),
                ("lead_id", models.BigIntegerField()),
                ("url", models.CharField(max_length=2000)),
                ("events", models.JSONField(null=True)),
                ("secret", models.BinaryField(null=True)),
                ("disabled_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("lead_id", "url"), name="lead_webhook_unique")
                ],
            },
        ),
    ]
