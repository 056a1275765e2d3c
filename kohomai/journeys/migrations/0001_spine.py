"""The tables of the first release."""

import django.db.models.fields.json
import django.db.models.functions.text
from django.db import migrations, models

import kohomai.journeys.models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Activity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("journey_id", models.BigIntegerField()),
                ("node", models.CharField(max_length=100)),
                ("key", models.CharField(max_length=100)),
                ("type", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=200)),
                ("visit", models.IntegerField()),
                ("attempt", models.IntegerField()),
                ("status", models.CharField(max_length=10)),
                ("assignee", models.JSONField()),
                ("detail", models.JSONField()),
                ("result", models.JSONField(null=True)),
                ("opened_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        django.db.models.functions.text.Lower(
                            django.db.models.fields.json.KeyTextTransform("Email", "assignee")
                        ),
                        condition=models.Q(("assignee__Kind", "Stakeholder")),
                        name="activity_stakeholder",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("assignee__Kind__in", ["Owner", "Role", "User"]), ("status", "InProgress")
                        ),
                        fields=["workspace_id"],
                        name="activity_waiting_for_user",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("journey_id", "key", "visit", "attempt"), name="activity_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "xid",
                    kohomai.journeys.models.Xid8Field(db_default=models.Func(function="pg_current_xact_id")),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("lead_id", models.BigIntegerField()),
                ("journey_id", models.BigIntegerField(null=True)),
                ("sequence", models.IntegerField()),
                ("type", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("payload", models.JSONField(null=True)),
                ("salt", models.BinaryField(max_length=16, null=True)),
                ("digest", models.BinaryField(max_length=32)),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["xid", "id"], name="event_relay"),
                    models.Index(fields=["workspace_id", "xid", "id"], name="event_follow"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("journey_id__isnull", False)),
                        fields=("journey_id", "sequence"),
                        name="event_journey_sequence",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("journey_id__isnull", True)),
                        fields=("lead_id", "sequence"),
                        name="event_lead_sequence",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Journey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("lead_id", models.BigIntegerField()),
                ("funnel_id", models.BigIntegerField()),
                ("version", models.IntegerField()),
                ("origin_id", models.BigIntegerField(null=True)),
                ("status", models.CharField(max_length=10)),
                ("outcome", models.CharField(max_length=100, null=True)),
                ("reason", models.CharField(max_length=500, null=True)),
                ("node", models.CharField(max_length=100, null=True)),
                ("exclusive", models.BooleanField(default=True)),
                ("data", models.JSONField(default=dict)),
                ("engine", models.JSONField(default=dict)),
                ("attribution", models.JSONField(default=dict)),
                ("redirect_url", models.CharField(max_length=2000, null=True)),
                ("test", models.BooleanField(default=False)),
                ("sequence", models.IntegerField(default=0)),
                ("hash", models.BinaryField(default=b"", max_length=32)),
                ("wake_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace_id", "id"], name="journey_list"),
                    models.Index(fields=["workspace_id", "changed_at", "id"], name="journey_changed"),
                    models.Index(fields=["lead_id", "funnel_id", "id"], name="journey_of_lead"),
                    models.Index(fields=["funnel_id", "id"], name="journey_of_funnel"),
                    models.Index(
                        condition=models.Q(("wake_at__isnull", False)),
                        fields=["wake_at"],
                        name="journey_wake",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("exclusive", True), ("status", "InProgress")),
                        fields=("lead_id", "funnel_id"),
                        name="journey_one_running",
                    )
                ],
            },
        ),
    ]
