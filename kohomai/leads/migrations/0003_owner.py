"""Whom a lead belongs to, in a column of its own: counted for each owner, and filtered by."""

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0002_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="lead",
            name="owner",
            field=models.CharField(max_length=254, null=True),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                "workspace_id",
                Lower("owner"),
                name="lead_owner",
                condition=models.Q(owner__isnull=False),
            ),
        ),
    ]
