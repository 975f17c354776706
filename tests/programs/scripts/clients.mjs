// npm's libraries on visits to the site.
// usage: node clients.mjs FOLDER LIBRARY VISITS: where they are installed, a name of `libraries`, a JSON list of visits.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, library, visits] = process.argv.slice(2);
const require = createRequire(join(folder, "index.js"));

async function urllib(visit) {
  const { request } = require("urllib");
  return (method, url, data) =>
    request(url, { method, content: data, digestAuth: `${visit.user}:${visit.password}`, timeout: 20000 });
}

async function axios(visit) {
  const { default: AxiosDigestAuth } = require("@mhoc/axios-digest-auth");
  const client = new AxiosDigestAuth({ username: visit.user, password: visit.password });
  return (method, url, data) => client.request({ method, url, data });
}

async function digestFetch(visit) {
  const { default: DigestClient } = await import(require.resolve("digest-fetch"));
  const client = new DigestClient(visit.user, visit.password);
  return async (method, url, body) => (await client.fetch(url, { method, body })).text();
}

const libraries = { urllib, "axios-digest-auth": axios, "digest-fetch": digestFetch };

for (const visit of JSON.parse(visits)) {
  const ask = await libraries[library](visit);
  const asked = visit.gets.map((name) => ["GET", name]);
  if (visit.put) asked.push(["PUT", visit.put]);
  for (const [method, name] of asked) {
    try {
      await ask(method, visit.url + name, method === "PUT" ? readFileSync(visit.body) : undefined);
    } catch (error) {
      console.error(error);
    }
  }
}
process.exit(0);
