#!/usr/bin/env python3
"""Installs the built tree into a scratch folder, and uses what lies there as others would.

    installed_test.py --build BUILD --source SOURCE --cmake CMAKE
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

arguments = None


def run(*command, environment=None, **options):
    """What the command prints; one that fails fails the test with all of it."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, **(environment or {})}, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


class InstalledTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.scratch = pathlib.Path(cls.folder.name)
        cls.prefix = cls.scratch / "prefix"
        run(arguments.cmake, "--install", arguments.build, "--prefix", cls.prefix, "--strip")
        cls.library = next(cls.prefix.glob("lib*/**/libminnow.so")).parent
        cls.at_runtime = {"LD_LIBRARY_PATH": str(cls.library)}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def built(self, name, *definitions):
        """The folder in which an example is built against the installed tree."""
        build = self.scratch / f"{name}-{len(definitions)}"
        source = arguments.source / "examples/library" / name
        run(arguments.cmake, "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
            "-DCMAKE_BUILD_TYPE=Release", *definitions)
        run(arguments.cmake, "--build", build)
        return build

    def test_a_c_program_by_find_package(self):
        build = self.built("c", "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror -pedantic")
        output = run(build / "digits", cwd=self.scratch, environment=self.at_runtime)
        self.assertRegex(output, r"epoch 3  loss 0\.\d+  validation accuracy [89]\d")
        self.assertIn("this is a 1", output)

    def test_a_cpp_program_by_find_package(self):
        output = run(self.built("cpp") / "line", environment=self.at_runtime)
        self.assertIn("y = 3.000 x + 0.500", output)

    def test_a_cpp_program_that_holds_the_library(self):
        program = self.built("cpp", "-DSTATIC=ON") / "line"
        self.assertIn("y = 3.000 x + 0.500", run(program))
        self.assertNotIn("libminnow", run("ldd", program))

    def test_a_c_program_by_pkg_config(self):
        paths = {"PKG_CONFIG_PATH": str(self.library / "pkgconfig")}
        flags = run("pkg-config", "--cflags", "--libs", "minnow", environment=paths).split()
        models = run("pkg-config", "--variable=modelsdir", "minnow", environment=paths).strip()
        program = self.scratch / "by-pkg-config"
        run("cc", "-std=c99", f'-DMODELS="{models}"', arguments.source / "examples/library/c/digits.c", *flags, "-o",
            program)
        self.assertIn("this is a 1", run(program, cwd=self.scratch, environment=self.at_runtime))

    def test_only_the_interface_is_exported(self):
        header = (self.prefix / "include/minnow/minnow.h").read_text()
        declared = set(re.findall(r"MINNOW_API [^;]*?\b(minnow_\w+)\(", header))
        listing = run("nm", "-D", "--defined-only", self.library / "libminnow.so")
        # A small letter is a symbol that the linker has made local.
        exported = [line.split() for line in listing.splitlines() if line.split()[-2].isupper()]
        shown = {words[-1].split("@")[0] for words in exported}
        self.assertEqual(shown - {"MINNOW_0"}, declared)

    def test_the_program_finds_its_models(self):
        program = self.prefix / "bin/minnow"
        self.assertIn("lenet", run(program, "new"))
        strings = run(program, "new", "lenet-glyphs")
        self.assertIn("minnow.Model", strings)

    def test_models_schema_and_notices(self):
        share = self.prefix / "share"
        self.assertTrue((share / "minnow/models/lenet.textproto").is_file())
        self.assertTrue((share / "minnow/models/zoo").is_dir())
        self.assertIn("LLVM", next(share.glob("doc/*/NOTICES.md")).read_text())
        run("protoc", f"--proto_path={share}/minnow/proto", "--descriptor_set_out=/dev/null",
            "frontend/schema/model.proto")

    def test_manual_pages(self):
        pages = {page.name for page in (self.prefix / "share/man/man1").iterdir()}
        self.assertIn("minnow.1", pages)
        help_text = run(self.prefix / "bin/minnow", "--help")
        commands = re.findall(r"^  (\w+) {3,}", help_text[help_text.index("Subcommands:"):], re.MULTILINE)
        self.assertEqual(pages - {"minnow.1"}, {f"minnow-{name}.1" for name in commands})
        train = (self.prefix / "share/man/man1/minnow-train.1").read_text()
        self.assertIn(r".B \-\-resume DIR", train)
        self.assertRegex(train, r"max\\-memory INT\n")
        self.assertRegex(train, r"(?s)\.SH RUNNING\n\.TP\n.*\.SH EXAMPLES\n\.nf\nminnow train")
        self.assertNotIn(".SH NOTES", train)
        if shutil.which("man"):
            self.assertNotIn("warning", run("man", "--warnings", "-l", self.prefix / "share/man/man1/minnow-train.1"))

    def complete(self, *words):
        script = self.prefix / "share/bash-completion/completions/minnow"
        words = [part for word in words for part in re.split("(=)", word)]  # as a shell that breaks words at "=" has them
        line = " ".join(f"'{word}'" for word in words)
        return run("bash", "-c", f"source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _minnow; "
                   'printf "%s\\n" "${COMPREPLY[@]}"', cwd=self.prefix).split()

    def test_bash_completes(self):
        self.assertEqual(self.complete("minnow", "tra"), ["train"])
        self.assertIn("--resume", self.complete("minnow", "train", "--re"))
        self.assertEqual(self.complete("minnow", "train", "--backend", ""), ["jit", "interpreter"])
        self.assertEqual(self.complete("minnow", "compile", "net", "--emit=bun"), ["bundle"])
        self.assertEqual(self.complete("minnow", "train", "--backend="), ["jit", "interpreter"])
        self.assertEqual(self.complete("minnow", "train", "--out", "inc"), ["include"])
        self.assertEqual(self.complete("minnow", "train", "--out=inc"), ["include"])
        self.assertEqual(self.complete("minnow", "help", "tra"), ["train"])
        self.assertEqual(self.complete("minnow", "new", "lenet-relu-"), ["lenet-relu-mnist"])
        self.assertEqual(self.complete("minnow", "data", "show", "gly"), ["glyphs"])
        self.assertEqual(self.complete("minnow", "data", "fetch", "mn"), ["mnist"])
        self.assertEqual(self.complete("minnow", "plot", "--op", "sigm"), ["sigmoid"])
        self.assertIn("lenet-epochs", self.complete("minnow", "experiment", "lenet-e"))
        self.assertEqual(self.complete("minnow", "data", "s"), ["show", "stats"])
        self.assertEqual(self.complete("minnow", "data", "show", "--split", ""), ["train", "validation"])
        self.assertEqual(self.complete("minnow", "check", "share/minnow/models/lenet.t"),
                         ["share/minnow/models/lenet.textproto"])

    def test_zsh_script_is_whole(self):
        script = self.prefix / "share/zsh/vendor-completions/_minnow"
        self.assertTrue(script.read_text().startswith("#compdef minnow\n"))
        if shutil.which("zsh"):
            run("zsh", "-n", script)

    def test_as_part_of_another_project(self):
        project = self.scratch / "outer"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(outer C CXX)\n"
            f"add_subdirectory({arguments.source} minnow)\n"
            "foreach(name tests docs bench tools check)\n  add_custom_target(${name})\nendforeach()\n"
            "add_executable(app app.c)\ntarget_link_libraries(app PRIVATE Minnow::minnow)\n")
        (project / "app.c").write_text("#include <minnow/minnow.h>\nint main(void) { return 0; }\n")
        run(arguments.cmake, "-S", project, "-B", project / "build", "-G", "Ninja", "-DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON",
            "-DCMAKE_DISABLE_FIND_PACKAGE_benchmark=ON", "-DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON")
        targets = run("ninja", "-C", project / "build", "-t", "targets", "all")
        self.assertIn("app:", targets)
        self.assertNotIn("ir_tests", targets)
        self.assertNotIn("minnow_bench", targets)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--cmake", required=True)
    arguments, rest = parser.parse_known_args()
    unittest.main(argv=["installed_test.py", *rest])
