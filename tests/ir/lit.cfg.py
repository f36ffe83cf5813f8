# lit configuration: `minnow`, `FileCheck` and `not` are on the path of every RUN line.
import os
import lit.formats

config.name = "minnow"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".ir"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join("/tmp", "minnow-lit-%d" % os.getuid())

tools = [os.path.dirname(lit_config.params["minnow"]), lit_config.params["llvm_tools"]]
config.environment["PATH"] = os.pathsep.join(tools + [config.environment.get("PATH", "")])
config.environment["NO_COLOR"] = "1"
for name in ("MINNOW_CACHE", "MINNOW_MUTANT", "MINNOW_MUTANTS_SEEN"):  # lit takes nothing along by itself
    if name in os.environ:
        config.environment[name] = os.environ[name]
