"""``python -m benchmarks.child``: sets Django up before the modules that hold models are loaded."""

import runpy

import django

django.setup()
runpy.run_module("benchmarks.flow", run_name="__main__")
