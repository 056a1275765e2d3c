"""Keys of other services, by names that calls use."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0003_notifications"),
    ]

    operations = [
        migrations.CreateModel(
            name="NamedSecret",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=60)),
                ("value", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "indexes": [models.Index(fields=["workspace_id", "id"], name="named_secret_list")],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace_id", "name"), name="named_secret_unique")
                ],
            },
        ),
    ]
