/**
 * The recipes as their pages have them: which packages of Debian they need, how they are compiled and run. What is shown to a
 * reader is what is run here.
 */
import { commandsOf, ensureRuns } from "@posh/testing"
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "../../../..")

export interface Language {
  readonly page: string
  /** Beside the page. */
  readonly folder: string
  readonly file: string
  /** Of the fence in the page. */
  readonly fence: string
  /** Succeeds where everything is installed that the recipe needs. */
  readonly probe: readonly [string, ...Array<string>]
  /** Is not installed for the tests: they run the recipe where this program is. */
  readonly optional?: string
  /** It does the ordinary check itself, and asks only where that fails. */
  readonly checksItself: boolean
  /** Has the language trust CAs (`$PUBLIC`, `$FLEET`), in the folder of the recipe or in `$HOME`. */
  readonly trust?: string
  readonly env?: Readonly<Record<string, string>>
}

export const languages: ReadonlyArray<Language> = [
  {
    page: "docs/guides/clients/python.md",
    folder: "python",
    file: "accept.py",
    fence: "python",
    probe: ["/usr/bin/python3", "-c", "import http.client, ssl"],
    checksItself: false
  },
  {
    page: "docs/guides/clients/go.md",
    folder: "go",
    file: "accept.go",
    fence: "go",
    probe: ["/usr/bin/go", "version"],
    checksItself: true
  },
  {
    page: "docs/guides/clients/ruby.md",
    folder: "ruby",
    file: "accept.rb",
    fence: "ruby",
    probe: ["/usr/bin/ruby", "-e", "require 'openssl'; require 'json'"],
    checksItself: true
  },
  {
    page: "docs/guides/clients/php.md",
    folder: "php",
    file: "accept.php",
    fence: "php",
    probe: ["/usr/bin/php", "-r", "curl_version();"],
    checksItself: false
  },
  {
    page: "docs/guides/clients/lua.md",
    folder: "lua",
    file: "accept.lua",
    fence: "lua",
    probe: [
      "/usr/bin/lua5.4",
      "-e",
      "for _, name in ipairs { 'cqueues', 'openssl', 'dkjson', 'mime' } do require(name) end"
    ],
    checksItself: true
  },
  {
    page: "docs/guides/clients/shell.md",
    folder: "shell",
    file: "accept.bash",
    fence: "bash",
    probe: [
      "/bin/sh",
      "-c",
      "for each in gnutls-cli openssl curl jq; do command -v \"/usr/bin/$each\" || exit 1; done"
    ],
    checksItself: true
  },
  {
    page: "docs/guides/clients/java.md",
    folder: "java",
    file: "Accept.java",
    fence: "java",
    probe: ["/usr/bin/test", "-e", "/usr/share/java/gson.jar"],
    optional: "/usr/bin/javac",
    checksItself: true,
    trust: `keytool -importcert -noprompt -alias ca -file "$PUBLIC" -keystore roots.p12 -storepass secret`,
    env: {
      JDK_JAVA_OPTIONS: "-Djavax.net.ssl.trustStore=roots.p12 -Djavax.net.ssl.trustStorePassword=secret " +
        "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC" // starts in half the time
    }
  },
  {
    page: "docs/guides/clients/csharp.md",
    folder: "csharp",
    file: "Accept.cs",
    fence: "csharp",
    probe: [
      "/usr/bin/test",
      "-e",
      "/usr/lib/mono/4.5/System.Net.Http.dll",
      "-a",
      "-e",
      "/usr/lib/mono/4.5/System.Runtime.Serialization.dll",
      "-a",
      "-e",
      "/usr/lib/mono/4.5/System.Xml.Linq.dll"
    ],
    optional: "/usr/bin/mcs",
    checksItself: false,
    trust: `roots="$HOME/.config/.mono/new-certs/Trust"
      mkdir -p "$roots"
      for ca in "$FLEET" "$PUBLIC"; do cp "$ca" "$roots/$(openssl x509 -in "$ca" -noout -subject_hash).0"; done`,
    env: { MONO_ENV_OPTIONS: "--interpreter" } // starts faster
  }
]

/** How a page has its recipe run. */
export interface Commands {
  readonly packages: ReadonlyArray<string>
  readonly compile: ReadonlyArray<string>
  /** With `"$@"` where the page has arguments. */
  readonly run: string
}

/** The block of shell of a page: packages, what compiles if anything does, and the recipe. */
export const commandsFor = ({ page }: Language): Commands => {
  const [block, ...others] = commandsOf(page)
  const [install = "", ...lines] = block?.script.trim().split("\n") ?? []
  const last = lines.pop() ?? ""
  const [, packages = ""] = /^apt-get install (.+)$/.exec(install) ?? []
  const run = last.replace(example, "\"$@\"")
  if (others.length > 0 || packages === "" || run === last) throw new Error(`${page}: not the block that is expected`)
  return { packages: packages.split(" "), compile: lines, run }
}

/** The arguments in the pages. */
const example = "im.hosting.example 5223 hosted.example xmpp-server"

export const isMissing = ({ optional }: Language): boolean => optional !== undefined && !existsSync(optional)

/** Files of CAs: of servers everywhere, and of the service. */
export interface Authorities {
  readonly publicCa: string
  readonly fleetCa: string
}

/** Installs and compiles; returns the folder to run in. Blocks. */
export const prepare = (language: Language, within: string, authorities: Authorities): string => {
  const { compile, packages } = commandsFor(language)
  ensureRuns(`the recipe in ${language.folder}`, language.probe, packages)
  const folder = join(within, language.folder)
  cpSync(join(root, "docs/guides/clients", language.folder), folder, { recursive: true })
  for (const command of [...compile, ...(language.trust === undefined ? [] : [language.trust])]) {
    const { status, stderr, stdout } = spawnSync("sh", ["-c", command], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: systemPath, HOME: within, PUBLIC: authorities.publicCa, FLEET: authorities.fleetCa }
    })
    if (status !== 0) throw new Error(`${language.page}: ${command}\n${stdout}${stderr}`)
  }
  return folder
}

/** Debian's programs: other ones of the same names may come first in that of the tests. */
export const systemPath = "/usr/sbin:/usr/bin:/sbin:/bin"

export const read = (path: string): string => readFileSync(join(root, path), "utf8")
