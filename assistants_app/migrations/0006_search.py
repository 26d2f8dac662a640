from django.db import migrations


def install(apps, schema_editor):
    from assistants_app.models import search

    search.install(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('assistants_app', '0005_how_notices_come'),
    ]

    operations = [
        migrations.RunPython(install, migrations.RunPython.noop, elidable=False),
    ]
