// Makes the bundle that the program carries. `node build.mjs FOLDER`; the folder defaults to the server's.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

const out = process.argv[2] ?? "../crates/app/server/bundle";
mkdirSync(out, { recursive: true });
await build({
  entryPoints: ["src/main.ts"], bundle: true, minify: true, format: "esm", target: "es2022", legalComments: "none", charset: "utf8",
  outfile: `${out}/studio.js`, logLevel: "warning",
});
copyFileSync("index.html", `${out}/index.html`);
copyFileSync("studio.css", `${out}/studio.css`);
const three = readFileSync("node_modules/three/LICENSE", "utf8").trim();
writeFileSync(`${out}/LICENSES.txt`, `The studio's script contains three.js:\n\n${three}\n`);
