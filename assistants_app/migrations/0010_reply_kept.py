from __future__ import annotations

from django.db import migrations

import assistants_app.models.content


class Migration(migrations.Migration):
    dependencies = [
        ("assistants_app", "0009_listed_and_left"),
    ]

    operations = [
        migrations.AddField(
            model_name="change",
            name="reply_kept",
            field=assistants_app.models.content.OrderedJSONField(blank=True, null=True),
        ),
    ]
