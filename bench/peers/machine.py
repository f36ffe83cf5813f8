"""What the figures were measured on and with."""
import os
import platform
import re
import subprocess
from importlib import metadata

PACKAGES = (("torch", "PyTorch", "torch"), ("torch.compile", "PyTorch", "torch"), ("jax", "JAX", "jax"),
            ("keras", "Keras", "keras"), ("keras", "TensorFlow", "tensorflow"))  # peer, name, package


def lscpu():
    out = subprocess.run(["lscpu"], capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"})
    return dict(re.findall(r"^\s*([^:]+):\s+(.*)$", out.stdout, re.MULTILINE))


def describe():
    said = lscpu()
    vectors = [name for name in ("avx2", "avx512f", "asimd", "sve") if name in said.get("Flags", "").split()]
    caches = ", ".join(f"{said[key].split(' (')[0]} {key.split()[0]}" for key in ("L1d cache", "L2 cache", "L3 cache")
                       if key in said)
    family = f" family {said['CPU family']} model {said['Model']}" if "CPU family" in said else ""
    return {"processor": said.get("Model name", platform.machine()) + family, "processors": said.get("CPU(s)", "?"),
            "vectors": " ".join(vectors).upper() or "no wide vectors", "caches": caches,
            "system": f"{platform.system()} {platform.release()}"}


def versions(peers):
    found = {name: package for peer, name, package in PACKAGES if peer in peers}
    return {name: metadata.version(package) for name, package in found.items()}
