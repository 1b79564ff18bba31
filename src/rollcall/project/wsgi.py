"""The web application, for granian or any other WSGI server."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollcall.project.settings")
application = get_wsgi_application()
# What this process counts is added to the installation's sums for as long as it lives.
import_module("rollcall.operations.counting").begin()
# Every page is loaded now, and what is there stays: the garbage collector need not walk over it during a request.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
