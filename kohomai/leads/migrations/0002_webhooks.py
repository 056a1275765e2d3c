"""From when on a lead's webhook is told, how it fares, and why it was disabled."""

import django.db.models.functions.datetime
import kohomai.workspaces.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0001_spine"),
    ]

    operations = [
        migrations.AddField(
            model_name="leadwebhook",
            name="since_xid",
            field=kohomai.workspaces.fields.Xid8Field(db_default=models.Func(function="pg_current_xact_id")),
        ),
        migrations.AddField(
            model_name="leadwebhook",
            name="failing_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="leadwebhook",
            name="disabled_reason",
            field=models.CharField(max_length=20, null=True),
        ),
        migrations.AddField(
            model_name="leadwebhook",
            name="changed_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
    ]
