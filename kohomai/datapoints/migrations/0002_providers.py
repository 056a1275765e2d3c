"""Services that a workspace asks about its leads, the runs of enrichment, and what came of them."""

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("datapoints", "0001_spine"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProviderMonth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "workspace_id",
                        "provider",
                        "month",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("provider", models.CharField(max_length=100)),
                ("month", models.DateField()),
                ("calls", models.IntegerField(default=0)),
                ("hits", models.IntegerField(default=0)),
                ("misses", models.IntegerField(default=0)),
                ("failures", models.IntegerField(default=0)),
                ("cached", models.IntegerField(default=0)),
                ("cost", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
            ],
        ),
        migrations.CreateModel(
            name="Enrichment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("lead_id", models.BigIntegerField()),
                ("mark", models.CharField(max_length=300, null=True, unique=True)),
                ("cause", models.CharField(max_length=10)),
                (
                    "sought",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                (
                    "remaining",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("provider", models.CharField(max_length=100)),
                (
                    "allowed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), null=True, size=None
                    ),
                ),
                ("anew", models.BooleanField(default=False)),
                ("call_id", models.BigIntegerField(null=True)),
                ("status", models.CharField(default="Waiting", max_length=10)),
                ("tries", models.SmallIntegerField(default=0)),
                ("next_at", models.DateTimeField()),
                ("last_error", models.CharField(max_length=300, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "Waiting")), fields=["next_at"], name="enrichment_due"
                    ),
                    models.Index(
                        condition=models.Q(("status", "Waiting")),
                        fields=["provider", "next_at"],
                        name="enrichment_lane",
                    ),
                    models.Index(fields=["lead_id", "id"], name="enrichment_of_lead"),
                    models.Index(fields=["created_at"], name="enrichment_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EnrichmentCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("enrichment_id", models.BigIntegerField(null=True)),
                ("lead_id", models.BigIntegerField(null=True)),
                ("provider", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=80)),
                ("http_provider_id", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "asked",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                (
                    "found",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
                ("cached", models.BooleanField(default=False)),
                ("status", models.SmallIntegerField(null=True)),
                ("error", models.CharField(max_length=300, null=True)),
                ("took_ms", models.IntegerField(null=True)),
                ("currency", models.CharField(max_length=3, null=True)),
                ("cost", models.DecimalField(decimal_places=4, max_digits=19, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["enrichment_id", "id"], name="enrichment_call_list"),
                    models.Index(
                        condition=models.Q(("http_provider_id__isnull", False)),
                        fields=["http_provider_id", "at"],
                        name="enrichment_call_turn",
                    ),
                    models.Index(fields=["lead_id"], name="enrichment_call_of_lead"),
                    models.Index(fields=["at"], name="enrichment_call_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HttpProvider",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=80)),
                ("name_key", models.CharField(max_length=80)),
                ("url", models.CharField(max_length=2000)),
                ("method", models.CharField(default="GET", max_length=6)),
                ("headers", models.BinaryField(default=b"")),
                ("body", models.JSONField(null=True)),
                ("mapping", models.JSONField(default=list)),
                ("time_limit", models.FloatField(default=5.0)),
                ("cache_for", models.IntegerField(default=0)),
                ("rate_limit", models.IntegerField(null=True)),
                ("currency", models.CharField(max_length=3, null=True)),
                ("cost", models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ("monthly_budget", models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ("active", models.BooleanField(default=True)),
                ("position", models.IntegerField()),
                ("version", models.IntegerField(default=1)),
                ("paused_until", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace_id", "position", "id"], name="http_provider_order")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace_id", "name_key"), name="http_provider_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="ProviderAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("http_provider_id", models.BigIntegerField()),
                ("key", models.BinaryField(max_length=32)),
                ("lead_id", models.BigIntegerField(null=True)),
                ("found", models.JSONField()),
                ("error", models.CharField(max_length=300, null=True)),
                ("until", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("lead_id__isnull", False)),
                        fields=["lead_id"],
                        name="provider_answer_of_lead",
                    ),
                    models.Index(fields=["until"], name="provider_answer_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("http_provider_id", "key"), name="provider_answer_unique")
                ],
            },
        ),
    ]
