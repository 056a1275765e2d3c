"""Automatic activities wait in lanes, so that none that calls somebody holds up any other."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0005_enrichment"),
    ]

    operations = [
        migrations.AddField(
            model_name="activityrun",
            name="lane",
            field=models.CharField(db_default="", max_length=130),
        ),
        migrations.AddIndex(
            model_name="activityrun",
            index=models.Index(
                condition=models.Q(("status", "Waiting")),
                fields=["workspace_id", "lane", "next_at"],
                name="activity_run_lane",
            ),
        ),
    ]
