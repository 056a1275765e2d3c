"""The tables of the first release."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="DataPoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField(db_index=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("Text", "Text"),
                            ("Number", "Number"),
                            ("Amount", "Amount"),
                            ("Date", "Date"),
                            ("DateTime", "Date Time"),
                            ("YesNo", "Yes No"),
                            ("Choice", "Choice"),
                            ("Document", "Document"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "choices",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), default=list, size=None
                    ),
                ),
                ("description", models.CharField(blank=True, max_length=1000)),
                ("system", models.BooleanField(default=False)),
                ("used_at", models.DateTimeField(null=True)),
                ("archived_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "indexes": [models.Index(fields=["workspace_id", "id"], name="data_point_list")],
            },
        ),
        migrations.CreateModel(
            name="DataPointName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("name_key", models.CharField(max_length=200)),
                ("current", models.BooleanField(default=True)),
                (
                    "data_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="names",
                        to="datapoints.datapoint",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace_id", "name_key"), name="data_point_name_unique"
                    )
                ],
            },
        ),
    ]
