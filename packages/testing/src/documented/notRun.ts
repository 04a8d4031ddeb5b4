/** Commands of the documentation that no test and no check runs as they stand, and why. `npm run check:rules` asks for a row. */
export interface NotRun {
  readonly page: string
  /** How the block begins; no other block of the page begins so. */
  readonly begins: string
  readonly why: string
}

export const notRun: ReadonlyArray<NotRun> = [
  { page: "README.md", begins: "npm ci && npm start", why: "installs; scripts/checkInstalls.ts starts the service so" },
  { page: "README.md", begins: "npm ci && npm test", why: "it is the run of the tests" },
  {
    page: "README.md",
    begins: "npm run demo\n",
    why: "apps/server/test/demo/demo.test.ts runs it and reads what it prints"
  },
  {
    page: "README.md",
    begins: "npm run demo -- --keep",
    why: "apps/server/test/demo/demoProcess.ts starts it for the other commands"
  },
  {
    page: "README.md",
    begins: "curl -s http://127.0.0.1:8080/v1/associations/jabber.org/",
    why: "asks a domain on the Internet"
  },
  {
    page: "docs/guides/clients/openapi.md",
    begins: "npm install",
    why: "scripts/test/openApi/tools.ts installs the same package from a lock file"
  },
  { page: "CONTRIBUTING.md", begins: "npm ci\n", why: "it is the run of the checks and the tests: .ci/run" },
  {
    page: "apps/server/README.md",
    begins: "npx @posh/server",
    why: "scripts/tryPackages.ts runs it from a packed package"
  },
  {
    page: "packages/core/README.md",
    begins: "npm install",
    why: "scripts/tryPackages.ts installs the packed packages"
  },
  { page: "packages/api/README.md", begins: "npm install", why: "scripts/tryPackages.ts installs the packed packages" },
  {
    page: "apps/lab/README.md",
    begins: "npm run bench -- warm",
    why:
      "takes minutes, and compares with another checkout; the tests of the bench run every measurement in a tiny form"
  },
  { page: "docs/guides/systemd.md", begins: "cd /opt/posh\nnpm ci", why: "installs; scripts/checkInstalls.ts does" },
  {
    page: "docs/guides/deploy.md",
    begins: "openssl rand -hex 12 > secrets/grafana-password",
    why: "needs the images of Prometheus and Grafana, which no package of Debian replaces"
  }
]
