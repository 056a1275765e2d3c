"""Webhooks of workspaces, what each call of an address came to, and replays."""

import django.db.models.functions.datetime
import kohomai.workspaces.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0001_spine"),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("delivery_id", models.BigIntegerField()),
                ("number", models.SmallIntegerField()),
                ("at", models.DateTimeField()),
                ("took_ms", models.IntegerField()),
                ("url", models.CharField(max_length=2000)),
                ("headers", models.JSONField()),
                ("body", models.TextField()),
                ("status", models.SmallIntegerField(null=True)),
                ("answer", models.TextField(null=True)),
                ("error", models.CharField(max_length=300, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("workspace_id", models.BigIntegerField(db_index=True)),
                ("url", models.CharField(max_length=2000)),
                ("events", models.JSONField(null=True)),
                ("secret", models.BinaryField()),
                ("former_secrets", models.JSONField(default=list)),
                (
                    "since_xid",
                    kohomai.workspaces.fields.Xid8Field(
                        db_default=models.Func(function="pg_current_xact_id")
                    ),
                ),
                ("failing_since", models.DateTimeField(null=True)),
                ("disabled_at", models.DateTimeField(null=True)),
                ("disabled_reason", models.CharField(max_length=20, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="WebhookReplay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("webhook_id", models.BigIntegerField()),
                ("since", models.DateTimeField()),
                ("xid", kohomai.workspaces.fields.Xid8Field(null=True)),
                ("event_id", models.BigIntegerField(null=True)),
                ("until_xid", kohomai.workspaces.fields.Xid8Field(null=True)),
                ("until_event_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="webhookdelivery",
            name="webhook_delivery_unique",
        ),
        migrations.RenameField(
            model_name="webhookdelivery",
            old_name="lead_webhook_id",
            new_name="webhook_id",
        ),
        migrations.AddField(
            model_name="webhookdelivery",
            name="lane",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="webhookdelivery",
            name="event_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="webhookdelivery",
            name="lead_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="webhookdelivery",
            name="workspace_id",
            field=models.BigIntegerField(),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("status", "Waiting")),
                fields=["lane", "next_at"],
                name="webhook_delivery_lane",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("status", "Waiting"), ("tries", 0)),
                fields=["lane", "lead_id", "event_id"],
                name="webhook_delivery_chain",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["webhook_id", "id"], name="webhook_delivery_list"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["lead_id"], name="webhook_delivery_of_lead"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                fields=("event_id", "webhook_id"), name="webhook_delivery_unique"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookattempt",
            index=models.Index(fields=["delivery_id", "id"], name="webhook_attempt_list"),
        ),
        migrations.AddIndex(
            model_name="webhookattempt",
            index=models.Index(fields=["at"], name="webhook_attempt_age"),
        ),
    ]
