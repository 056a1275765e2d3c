"""Who is to be told of what, and when that is looked at."""

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

# Whoever had asked for a digest before there were any gets the first one from now on.
DIGESTS = """
INSERT INTO delivery_notice (workspace_id, person, kind, events, count, since, due_at)
SELECT workspace_id, 'user-' || user_id, 'activity_waiting', '{}', 0, now(), now()
FROM workspaces_membership WHERE notify = 'Digest'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0003_email"),
        ("workspaces", "0005_leads_told"),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("person", models.CharField(max_length=270)),
                ("kind", models.CharField(max_length=40)),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("count", models.IntegerField()),
                ("since", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("put_off", models.BooleanField(db_default=False)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["due_at"], name="notice_due"),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                fields=("workspace_id", "person", "kind"), name="notice_unique"
            ),
        ),
        migrations.RunSQL(DIGESTS, migrations.RunSQL.noop),
    ]
