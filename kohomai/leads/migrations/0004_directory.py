"""The company directory: uploads, their files and faults, and the companies."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0003_owner"),
    ]

    operations = [
        migrations.CreateModel(
            name="Company",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "workspace_id",
                        "upload_id",
                        "domain",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("upload_id", models.BigIntegerField()),
                ("domain", models.CharField(max_length=253)),
                ("name", models.CharField(max_length=200, null=True)),
                ("size", models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ("revenue", models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ("currency", models.CharField(max_length=3, null=True)),
                ("industry", models.CharField(max_length=200, null=True)),
                ("sector", models.CharField(max_length=200, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Directory",
            fields=[
                ("workspace_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("upload_id", models.BigIntegerField()),
                ("companies", models.IntegerField()),
                ("since", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="DirectoryChunk",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "upload_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("upload_id", models.BigIntegerField()),
                ("number", models.IntegerField()),
                ("data", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="DirectoryFault",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("upload_id", models.BigIntegerField()),
                ("line", models.IntegerField()),
                ("column", models.CharField(max_length=20, null=True)),
                ("code", models.CharField(max_length=20)),
                ("detail", models.CharField(max_length=300)),
            ],
            options={
                "indexes": [models.Index(fields=["upload_id", "id"], name="directory_fault_list")],
            },
        ),
        migrations.CreateModel(
            name="DirectoryUpload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("status", models.CharField(max_length=10)),
                ("size", models.BigIntegerField(default=0)),
                ("encoding", models.CharField(default="utf-8", max_length=10)),
                ("separator", models.CharField(max_length=1)),
                ("columns", models.JSONField()),
                ("ignored", models.JSONField(default=list)),
                ("position", models.BigIntegerField(default=0)),
                ("line", models.IntegerField(default=0)),
                ("imported", models.IntegerField(default=0)),
                ("faulty", models.IntegerField(default=0)),
                ("error", models.CharField(max_length=300, null=True)),
                ("todo", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace_id", "id"], name="directory_upload_list"),
                    models.Index(
                        condition=models.Q(("todo", True)),
                        fields=["changed_at"],
                        name="directory_upload_todo",
                    ),
                ],
            },
        ),
    ]
