"""The Django project: one settings file, the URL root, the WSGI application, the sign-in adapter."""
