"""When leads and stakeholders are told of what waits for them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0004_named_secrets"),
    ]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="notify_leads_after",
            field=models.CharField(db_default="PT15M", max_length=60, null=True),
        ),
        migrations.AddField(
            model_name="workspace",
            name="quiet_from",
            field=models.TimeField(null=True),
        ),
        migrations.AddField(
            model_name="workspace",
            name="quiet_until",
            field=models.TimeField(null=True),
        ),
    ]
