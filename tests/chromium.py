"""Pages in headless Chromium, as people use them. A script put behind a page's own does what a person would, and leaves what it
saw in the document, which Chromium prints.
"""
import json
import re
import shutil
import subprocess
import urllib.parse

SKIPPED = 77  # the status of a test where there is no Chromium
PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

# Runs before the page's script: nothing may be said on the console.
WATCH = """<script>
const complaints = [];
window.addEventListener("error", event => complaints.push(event.message));
window.addEventListener("unhandledrejection", event => complaints.push(String(event.reason)));
for (const kind of ["error", "warn"]) console[kind] = (...words) => complaints.push(words.join(" "));
</script>"""


def command(folder, page, *flags):
    """Opens a file from the file system, without any network; what the browser keeps lies in the folder."""
    return [PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900",
            f"--user-data-dir={folder}/profile", "--host-resolver-rules=MAP * ~NOTFOUND", *flags, page]


def browse(test, folder, page, script, tools, milliseconds=2000, address=""):
    """What `script`, the body of an async function, returns in a page that has element(); `tools` stand in front of it.

    The page may take so many milliseconds of its own time. It fails `test` if the console is told anything, or text has become
    a script that sets window.hacked.
    """
    read = (f"<script>{tools}\n(async () => {{ let seen;\n"
            f"try {{ seen = await (async () => {{ {script} }})(); }} catch (e) {{ complaints.push(e.stack); }}\n"
            "document.body.replaceChildren(element('pre', '', encodeURIComponent(JSON.stringify({seen, complaints, "
            "hacked: window.hacked ?? null})))); })();</script>")
    end = page.rindex("</body>")
    page = page[:end].replace("<body>", "<body>" + WATCH, 1) + read + page[end:]
    (folder / "read.html").write_text(page, encoding="utf-8")
    done = subprocess.run(
        command(folder, (folder / "read.html").as_uri() + address, f"--virtual-time-budget={milliseconds}", "--dump-dom"),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=200)
    found = re.search(r"<pre>([^<]*)</pre>", done.stdout)
    test.assertTrue(found, done.stdout[-2000:] + done.stderr[-2000:])
    answer = json.loads(urllib.parse.unquote(found[1]))
    test.assertEqual(answer["complaints"], [])
    test.assertIsNone(answer["hacked"])
    return answer["seen"]
