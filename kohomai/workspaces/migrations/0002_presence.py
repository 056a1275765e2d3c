"""Whether a member is there, how many leads they take, and whose turn it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0001_spine"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="presence",
            field=models.CharField(db_default="Available", max_length=10),
        ),
        migrations.AddField(
            model_name="membership",
            name="away_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="capacity",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="turn",
            field=models.BigIntegerField(db_default=0),
        ),
    ]
