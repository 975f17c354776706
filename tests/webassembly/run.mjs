// usage: node run.mjs NODE_MODULES SITE CHECKOUT ARGUMENT...: run pytest in CPython for WebAssembly (Pyodide).
// NODE_MODULES holds the package pyodide, SITE the libraries for it, as pip's --target laid them down.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, site, checkout, ...words] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(modules, "pyodide", "pyodide.mjs")));
// Python is some times slower here. Few examples are enough: what is tried is the interpreter.
const env = { HOME: "/tmp", PYTHONDONTWRITEBYTECODE: "1", HYPOTHESIS_PROFILE: "mutants" };
const python = await loadPyodide({ env });

for (const [place, root] of [["/libraries", site], ["/checkout", checkout]]) {
    python.FS.mkdirTree(place);
    python.FS.mount(python.FS.filesystems.NODEFS, { root: resolve(root) }, place);
}
python.FS.chdir("/checkout");
python.globals.set("words", python.toPy(words));
process.exitCode = python.runPython(`
import sys
sys.path[:0] = ["/checkout", "/libraries"]
from tests.webassembly.suite import run
run(words)
`);
