"""The tables of the first release."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="HeldData",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField(db_index=True)),
                ("lead_id", models.BigIntegerField(db_index=True)),
                ("funnel_id", models.BigIntegerField()),
                ("origin_id", models.BigIntegerField()),
                ("body", models.BinaryField(null=True)),
                ("valid_until", models.DateTimeField(db_index=True)),
                ("applied_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SignInCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField(null=True)),
                ("address_key", models.CharField(db_index=True, max_length=254)),
                ("lead_id", models.BigIntegerField(null=True)),
                ("digest", models.BinaryField(max_length=32)),
                ("tries", models.SmallIntegerField(default=0)),
                ("valid_until", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("lead_id", models.BigIntegerField(null=True)),
                ("email", models.CharField(max_length=254, null=True)),
                ("journey_id", models.BigIntegerField(null=True)),
                ("redirect_url", models.CharField(max_length=2000, null=True)),
                ("mailed", models.BooleanField(default=False)),
                ("verified", models.BooleanField(default=True)),
                ("held_data_id", models.BigIntegerField(null=True)),
                ("valid_until", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["lead_id"], name="link_lead"),
                    models.Index(fields=["valid_until"], name="link_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RateLimit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("window_start", models.DateTimeField(db_index=True)),
                ("count", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("name", "window_start"), name="rate_limit_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("lead_id", models.BigIntegerField(null=True)),
                ("email", models.CharField(max_length=254, null=True)),
                ("journey_id", models.BigIntegerField(null=True)),
                ("redirect_url", models.CharField(max_length=2000, null=True)),
                ("verified", models.BooleanField(default=True)),
                ("last_seen_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["lead_id"], name="sign_in_lead"),
                    models.Index(fields=["last_seen_at"], name="sign_in_age"),
                ],
            },
        ),
    ]
