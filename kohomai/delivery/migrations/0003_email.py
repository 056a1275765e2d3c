"""Mail servers of workspaces, the life of a mail, templates of their own, and who has unsubscribed."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0002_webhooks"),
    ]

    operations = [
        migrations.CreateModel(
            name="EmailTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=40)),
                ("language", models.CharField(max_length=8)),
                ("subject", models.TextField()),
                ("text", models.TextField()),
                ("html", models.TextField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="SmtpServer",
            fields=[
                ("workspace_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=253)),
                ("port", models.IntegerField()),
                ("security", models.CharField(max_length=8)),
                ("username", models.CharField(max_length=320, null=True)),
                ("password", models.BinaryField(null=True)),
                ("from_address", models.CharField(max_length=254)),
                ("from_name", models.CharField(max_length=200, null=True)),
                ("reply_to", models.CharField(max_length=254, null=True)),
                ("bounce_address", models.CharField(max_length=254, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Unsubscribed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("digest", models.BinaryField(max_length=32)),
                ("category", models.CharField(max_length=20)),
                ("lead_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.AddField(
            model_name="email",
            name="category",
            field=models.CharField(max_length=20, null=True),
        ),
        migrations.AddField(
            model_name="email",
            name="ended_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="email",
            name="last_error",
            field=models.CharField(max_length=1000, null=True),
        ),
        migrations.AddField(
            model_name="email",
            name="next_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="email",
            name="tries",
            field=models.SmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="email",
            name="status",
            field=models.CharField(default="Kept", max_length=10),
        ),
        # Nobody could have sent what was written until now: it stays where it can be read.
        migrations.RunSQL(
            "UPDATE delivery_email SET status = 'Kept' WHERE status = 'Waiting'", migrations.RunSQL.noop
        ),
        migrations.AddIndex(
            model_name="email",
            index=models.Index(
                condition=models.Q(("status", "Waiting")), fields=["next_at"], name="email_due"
            ),
        ),
        migrations.AddIndex(
            model_name="email",
            index=models.Index(
                condition=models.Q(("status", "Waiting")),
                fields=["workspace_id", "next_at"],
                name="email_due_of_workspace",
            ),
        ),
        migrations.AddIndex(
            model_name="email",
            index=models.Index(
                condition=models.Q(("text", ""), _negated=True), fields=["created_at"], name="email_age"
            ),
        ),
        migrations.AddConstraint(
            model_name="emailtemplate",
            constraint=models.UniqueConstraint(
                fields=("workspace_id", "kind", "language"), name="email_template_unique"
            ),
        ),
        migrations.AddIndex(
            model_name="unsubscribed",
            index=models.Index(fields=["workspace_id", "id"], name="unsubscribed_list"),
        ),
        migrations.AddConstraint(
            model_name="unsubscribed",
            constraint=models.UniqueConstraint(
                fields=("workspace_id", "digest", "category"), name="unsubscribed_unique"
            ),
        ),
    ]
