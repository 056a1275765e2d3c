"""The tables of the first release."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Funnel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField(db_index=True)),
                ("name", models.CharField(max_length=200)),
                ("draft", models.JSONField(default=dict)),
                ("draft_revision", models.IntegerField(default=1)),
                ("current_version", models.IntegerField(null=True)),
                ("archived_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "indexes": [models.Index(fields=["workspace_id", "id"], name="funnel_list")],
            },
        ),
        migrations.CreateModel(
            name="FunnelVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField(db_index=True)),
                ("number", models.IntegerField()),
                ("definition", models.JSONField()),
                ("failing_tests", models.JSONField(default=list)),
                ("published_by", models.JSONField(default=dict)),
                ("published_at", models.DateTimeField(auto_now_add=True)),
                (
                    "funnel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="funnels.funnel",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("funnel", "number"), name="funnel_version_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Origin",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField(db_index=True)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("API", "Api"),
                            ("Page", "Page"),
                            ("Manual", "Manual"),
                            ("Import", "Import"),
                        ],
                        max_length=6,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("ref", models.CharField(max_length=40, unique=True)),
                ("built_in", models.BooleanField(default=False)),
                (
                    "data_points",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("settings", models.JSONField(default=dict)),
                ("closed_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "funnel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="origins",
                        to="funnels.funnel",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("built_in", True)),
                        fields=("funnel", "type"),
                        name="origin_built_in_unique",
                    )
                ],
            },
        ),
    ]
