"""`posta demo`: the whole way of 100 sales on this machine, proved at its end."""

from deploy.local.demo.run import run_demo

__all__ = ["run_demo"]
