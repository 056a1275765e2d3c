"""How a member is told of what waits for them, and by which clock."""

from datetime import time

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0002_presence"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="notify",
            field=models.CharField(db_default="AtOnce", max_length=10),
        ),
        migrations.AddField(
            model_name="membership",
            name="digest_at",
            field=models.TimeField(db_default=time(8)),
        ),
        migrations.AddField(
            model_name="membership",
            name="quiet_from",
            field=models.TimeField(null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="quiet_until",
            field=models.TimeField(null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="time_zone",
            field=models.CharField(max_length=64, null=True),
        ),
    ]
