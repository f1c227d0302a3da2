/** Decides whether `node_modules` holds what the lock file says, and brings it there when it does not. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { atLeast, LaunchProblem } from './launch.mjs';

/** npm's own tries are few and long: two minutes and a half pass before it says that there is no network. These take half a minute. */
const tries = [
  '--fetch-retries=4',
  '--fetch-retry-factor=2',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=8000',
];

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** @param {string} root */
export async function bringPackages(root) {
  refuseStrangers();
  if (areThere(root)) return;
  const began = Date.now();
  const places = Object.keys(lockedPackages(path.join(root, 'package-lock.json')));
  say(`Installing the packages of the lock file (${places.length} of them, about half a minute the first time)`);
  await install(root, places, began);
  say(`Installed in ${Math.round((Date.now() - began) / 1000)} s`);
}

function refuseStrangers() {
  if (!atLeast(process.versions.node, 18, 0)) {
    throw new LaunchProblem(
      `Drawloom needs Node 18 or newer to begin with; this is ${process.version}. Install a newer one.`,
    );
  }
  if (process.platform === 'win32') {
    throw new LaunchProblem('Drawloom runs on Linux and macOS. On Windows, run it inside the Linux subsystem (WSL).');
  }
}

/** Compares by content, not by date: a checkout touches dates, and a branch and back again changes nothing. */
function areThere(root) {
  const installed = lockedPackages(path.join(root, 'node_modules/.package-lock.json'));
  if (!installed) return false; // npm writes that file last, so an install that was cut short has none
  const locked = lockedPackages(path.join(root, 'package-lock.json'));
  for (const [place, { version, link, optional }] of Object.entries(locked)) {
    const there = installed[place];
    if (there ? there.version !== version || there.link !== link : !optional) return false;
  }
  return true;
}

/** What a lock file puts under `node_modules`, by place; undefined when there is no such file. */
function lockedPackages(file) {
  let packages;
  try {
    ({ packages } = JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    if (cause.code === 'ENOENT') return undefined;
    throw new LaunchProblem(
      `${file} cannot be read (${cause.message}). Restore it with \`git checkout package-lock.json\`.`,
    );
  }
  return Object.fromEntries(Object.entries(packages).filter(([place]) => place.startsWith('node_modules/')));
}

async function install(root, places, began) {
  // Install scripts stay off: none is needed, and some would fetch what the lock file does not name.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...tries];
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? process.env.npm_execpath : undefined;
  let child;
  const passOn = (signal) => {
    child?.kill(signal);
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of stopSignals) process.once(signal, passOn);
  child = npm
    ? spawn(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] })
    : spawn('npm', args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-20_000);
  });
  const stopProgress = showProgress(root, places, began);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  })
    .catch(() => {
      throw new LaunchProblem(
        'npm is not on the PATH, and Drawloom needs it to install its packages. Install npm, then start again.',
      );
    })
    .finally(() => {
      stopProgress();
      for (const signal of stopSignals) process.off(signal, passOn);
    });
  if (code === 0) return;
  const words = said.trim().split('\n').slice(-12).join('\n');
  if (
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/.test(said)
  ) {
    throw new LaunchProblem(
      `${words}\n\nThe package registry cannot be reached from here. Check the network and the proxy or registry that npm is set to ` +
        '(`npm config get registry`), then start again; nothing is lost.',
    );
  }
  if (/\bENOSPC\b/.test(said)) {
    throw new LaunchProblem(
      `The disk of ${root} is full: the packages need about 1.2 GB. Free some space, then start again.`,
    );
  }
  throw new LaunchProblem(
    `${words}\n\nnpm could not install the packages (exit ${code}). Mend what it names above, then start again.`,
  );
}

/** On a terminal a line that counts; elsewhere a line every ten seconds, so that a log shows it is alive. */
function showProgress(root, places, began) {
  const tty = process.stderr.isTTY;
  const timer = setInterval(
    () => {
      const line = `  ${countFilled(root, places)} packages, ${Math.round((Date.now() - began) / 1000)} s`;
      process.stderr.write(tty ? `\r\u001b[K${line}` : `${line}\n`);
    },
    tty ? 500 : 10_000,
  );
  return () => {
    clearInterval(timer);
    if (tty) process.stderr.write('\r\u001b[K');
  };
}

/** npm makes every folder first and fills them one by one, so only those that have been filled count. */
function countFilled(root, places) {
  return places.filter((place) => existsSync(path.join(root, place, 'package.json'))).length;
}

function say(line) {
  // Standard output belongs to the program that follows.
  process.stderr.write(`${line}\n`);
}
