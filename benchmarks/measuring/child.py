"""``python -m benchmarks.measuring.child MODULE``: sets Django up before a module that holds models is loaded."""

import runpy
import sys

import django

django.setup()
runpy.run_module(sys.argv[1], run_name="__main__")
