"""The Django project: settings, URL root, WSGI application, sign-in adapter."""
