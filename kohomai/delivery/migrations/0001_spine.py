"""The tables of the first release."""

import django.db.models.functions.datetime
import kohomai.journeys.models
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="RelayMark",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("xid", kohomai.journeys.models.Xid8Field()),
                ("event_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="ActivityRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField(db_index=True)),
                ("journey_id", models.BigIntegerField()),
                ("lead_id", models.BigIntegerField()),
                ("key", models.CharField(max_length=100)),
                ("visit", models.IntegerField()),
                ("attempt", models.IntegerField()),
                ("run", models.IntegerField(default=0)),
                ("status", models.CharField(default="Waiting", max_length=10)),
                ("tries", models.SmallIntegerField(default=0)),
                ("next_at", models.DateTimeField()),
                ("last_error", models.CharField(max_length=1000, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "Waiting")), fields=["next_at"], name="activity_run_due"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("journey_id", "key", "visit", "attempt", "run"), name="activity_run_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Email",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("lead_id", models.BigIntegerField(db_index=True, null=True)),
                ("journey_id", models.BigIntegerField(null=True)),
                ("kind", models.CharField(max_length=40)),
                ("to", models.CharField(max_length=254)),
                ("subject", models.CharField(max_length=300)),
                ("text", models.TextField()),
                ("html", models.TextField(null=True)),
                ("language", models.CharField(default="en", max_length=8)),
                ("status", models.CharField(default="Waiting", max_length=10)),
                ("dedup", models.CharField(max_length=200, null=True, unique=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["workspace_id", "id"], name="email_list")],
            },
        ),
        migrations.CreateModel(
            name="EnrichmentRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField(db_index=True)),
                ("lead_id", models.BigIntegerField()),
                ("provider", models.CharField(max_length=100)),
                ("event_id", models.BigIntegerField()),
                ("status", models.CharField(default="Waiting", max_length=10)),
                ("tries", models.SmallIntegerField(default=0)),
                ("next_at", models.DateTimeField()),
                ("last_error", models.CharField(max_length=1000, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "Waiting")),
                        fields=["next_at"],
                        name="enrichment_run_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("event_id", "provider"), name="enrichment_run_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField(db_index=True)),
                ("event_id", models.BigIntegerField()),
                ("lead_id", models.BigIntegerField()),
                ("journey_id", models.BigIntegerField(null=True)),
                ("lead_webhook_id", models.BigIntegerField()),
                ("status", models.CharField(default="Waiting", max_length=10)),
                ("tries", models.SmallIntegerField(default=0)),
                ("next_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "Waiting")),
                        fields=["next_at"],
                        name="webhook_delivery_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("event_id", "lead_webhook_id"), name="webhook_delivery_unique"
                    )
                ],
            },
        ),
    ]
