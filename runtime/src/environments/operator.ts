/** Decides what the tools are told of this machine: where the operator's package index, proxy and certificates are, no more. */
import path from 'node:path';

const kept = new Set([
  ...['PATH', 'HOME', 'USER', 'TMPDIR', 'XDG_CONFIG_HOME', 'XDG_CONFIG_DIRS', 'NETRC', 'MACOSX_DEPLOYMENT_TARGET'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'SSL_CLIENT_CERT', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'],
]);

// Set for the operator's own work, these would send packages elsewhere than into the environment we name, or make another lock.
const theirsAlone =
  /^(UV_(SYSTEM_PYTHON|PYTHON|BREAK_SYSTEM_PACKAGES|COMPILE_BYTECODE|PROJECT|WORKING_DIR|NO_BUILD.*|NO_BINARY.*|TARGET|PREFIX|NO_VERIFY_HASHES)|PIP_(TARGET|PREFIX|ROOT|PYTHON|REQUIREMENT|EDITABLE|DRY_RUN|NO_BINARY|ONLY_BINARY|PLATFORM|REPORT|LOG|QUIET|VERBOSE|IGNORE_INSTALLED|FORCE_REINSTALL|UPGRADE|NO_DEPS|COMPILE|NO_COMPILE))$/;

/** The environment a tool is started with. */
export function toolEnvironment(home: string): Record<string, string> {
  const env: Record<string, string> = {
    LC_ALL: 'C.UTF-8',
    NO_COLOR: '1',
    // Beside the environments, so that their files are hard links and take their room once.
    UV_CACHE_DIR: path.join(path.resolve(home), 'environments', 'cache'),
    // A person waits: say soon that nobody answers.
    UV_HTTP_RETRIES: '2',
    UV_HTTP_CONNECT_TIMEOUT: '10',
    PIP_RETRIES: '1',
  };
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined || theirsAlone.test(name)) continue;
    if (kept.has(name) || /^(PIP|UV)_/.test(name)) env[name] = value;
  }
  env.PIP_INDEX_URL ??= env.UV_DEFAULT_INDEX ?? env.UV_INDEX_URL ?? '';
  if (env.PIP_INDEX_URL === '') delete env.PIP_INDEX_URL;
  return {
    ...env,
    UV_PYTHON_DOWNLOADS: 'never',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_USER: '0',
    PIP_REQUIRE_VIRTUALENV: '0',
  };
}

/**
 * What the operator has told pip, said again for uv, which reads neither pip's files nor its variables.
 * `listed` is what `pip config list` prints; what is set for uv itself wins.
 */
export function settingsFromPip(listed: string, env: Record<string, string>): Record<string, string> {
  const found = new Map<string, string>();
  for (const line of listed.split('\n')) {
    const setting = line.match(/^(global|install|:env:)\.([\w-]+)=(['"])(.*)\3\s*$/);
    if (!setting) continue;
    const [, source, name, , value] = setting as unknown as [string, string, string, string, string];
    // pip's own order: the variable wins over the command's section, and that over the global one.
    const rank = ['global', 'install', ':env:'].indexOf(source);
    if (rank >= Number(found.get(`rank of ${name}`) ?? -1)) {
      found.set(name, value.replace(/\\n/g, ' ').trim());
      found.set(`rank of ${name}`, String(rank));
    }
  }
  const given = (name: string) => found.get(name) || undefined;
  const words = (name: string) => given(name)?.split(/\s+/).filter(Boolean);
  const isSet = (...names: string[]) => names.some((name) => env[name]);

  const said: Record<string, string | undefined> = {};
  if (!isSet('UV_DEFAULT_INDEX', 'UV_INDEX_URL')) said.UV_DEFAULT_INDEX = given('index-url');
  if (!isSet('UV_INDEX', 'UV_EXTRA_INDEX_URL') && given('extra-index-url')) {
    said.UV_INDEX = words('extra-index-url')?.join(' ');
    // pip takes the best version of all its indexes; whoever set up two for it relies on that.
    if (!isSet('UV_INDEX_STRATEGY')) said.UV_INDEX_STRATEGY = 'unsafe-best-match';
  }
  if (!isSet('UV_FIND_LINKS')) said.UV_FIND_LINKS = words('find-links')?.join(',');
  if (!isSet('UV_NO_INDEX') && /^(1|true|yes|on)$/i.test(given('no-index') ?? '')) said.UV_NO_INDEX = '1';
  if (!isSet('UV_INSECURE_HOST')) said.UV_INSECURE_HOST = words('trusted-host')?.join(' ');
  if (!isSet('HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy')) {
    said.HTTPS_PROXY = given('proxy');
    said.HTTP_PROXY = given('proxy');
  }
  if (!isSet('SSL_CERT_FILE')) said.SSL_CERT_FILE = given('cert');
  if (!isSet('SSL_CLIENT_CERT')) said.SSL_CLIENT_CERT = given('client-cert');
  return Object.fromEntries(Object.entries(said).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
