// Where the program `specc` is, and what is wrong when it does not start. Nothing here knows VS Code.

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const PACKAGE = "specc-hpc[lsp]";

/**
 * What decides which program is taken.
 * @typedef {object} Surroundings
 * @property {string} setting  the setting `specc.path`, empty where it is not set
 * @property {string[]} folders  the folders of the workspace
 * @property {boolean} isTrusted  whether the user trusts the workspace
 * @property {string} [interpreter]  the Python that is chosen for the workspace
 * @property {string} [searchPath]  the variable PATH
 * @property {NodeJS.Platform} [platform]
 */

/**
 * Return the absolute path of specc, or a sentence that says why there is none.
 *
 * The setting comes first, then the Python that is chosen for the workspace, then environments in the workspace, then
 * PATH. A workspace that is not trusted has no say: its environments, and entries of PATH inside of it, are skipped.
 * @param {Surroundings} around
 * @returns {{path: string} | {problem: string}}
 */
function findProgram(around) {
  const platform = around.platform ?? process.platform;
  if (around.setting) {
    const named = fromHome(around.setting);
    if (!path.isAbsolute(named)) {
      return {problem: `The setting specc.path is "${around.setting}". Write an absolute path.`};
    }
    return isProgram(named, platform)
      ? {path: named}
      : {problem: `The setting specc.path is "${around.setting}", and no program is there.`};
  }
  const folders = around.isTrusted ? ownFolders(around, platform) : [];
  folders.push(...pathFolders(around, platform));
  const found = folders.map((folder) => path.join(folder, nameOf(platform))).find((each) => isProgram(each, platform));
  return found ? {path: found} : {problem: "specc is not installed in the Python environment of this workspace, and is not on PATH."};
}

/** @param {Surroundings} around @param {NodeJS.Platform} platform */
function ownFolders(around, platform) {
  const programs = platform === "win32" ? "Scripts" : "bin";
  const folders = around.interpreter ? [path.dirname(around.interpreter), path.join(around.interpreter, programs)] : [];
  for (const folder of around.folders) {
    folders.push(path.join(folder, ".venv", programs), path.join(folder, "venv", programs));
  }
  return folders;
}

/** @param {Surroundings} around @param {NodeJS.Platform} platform */
function pathFolders(around, platform) {
  const entries = (around.searchPath ?? "").split(platform === "win32" ? ";" : ":").filter(path.isAbsolute);
  return around.isTrusted ? entries : entries.filter((entry) => !around.folders.some((folder) => isInside(entry, folder)));
}

/** Return whether a path, or what it links to, lies in a folder. @param {string} entry @param {string} folder */
function isInside(entry, folder) {
  return [entry, realPath(entry)].some((each) => [folder, realPath(folder)].some((above) => !leads(path.relative(above, each))));
}

/** @param {string} relative */
function leads(relative) {
  return relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
}

/** @param {string} entry */
function realPath(entry) {
  try {
    return fs.realpathSync(entry);
  } catch {
    return entry; // it does not exist
  }
}

/** @param {NodeJS.Platform} platform */
function nameOf(platform) {
  return platform === "win32" ? "specc.exe" : "specc";
}

/** @param {string} setting */
function fromHome(setting) {
  return setting.replace(/^~(?=$|[/\\])/, os.homedir());
}

/** @param {string} file @param {NodeJS.Platform} platform */
function isProgram(file, platform) {
  try {
    fs.accessSync(file, platform === "win32" ? fs.constants.F_OK : fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Return the command that installs specc with its language server, into the environment of a program if there is one.
 * @param {string} [program]
 */
function installCommand(program) {
  const python = program && path.join(path.dirname(program), process.platform === "win32" ? "python.exe" : "python");
  const runs = python && fs.existsSync(python) ? (/^[\w./:\\-]+$/.test(python) ? python : `"${python}"`) : "python3";
  return `${runs} -m pip install --upgrade "${PACKAGE}"`;
}

/**
 * Return what to tell the user when the language server ended before it answered, and whether an installation helps.
 * @param {{code: number | null, stderr: string, error?: Error}} end
 * @returns {{message: string, installs: boolean}}
 */
function explainEnd(end) {
  if (end.error) {
    return {message: `specc could not be started: ${end.error.message}.`, installs: false};
  }
  const lines = end.stderr.replace(/\x1b\[[0-9;]*m/g, "").split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
  if (lines.some((line) => /No such command .?lsp/.test(line))) {
    return {message: "This specc is too old: it has no language server.", installs: true};
  }
  const error = lines.find((line) => line.startsWith("error: "))?.slice("error: ".length);
  if (error && /is not installed/.test(error)) {
    return {message: `The language server of specc is not installed: ${error}.`, installs: true};
  }
  const last = error ?? lines.at(-1);
  const said = last ? `: ${last.slice(0, 300)}` : "";
  return {message: `\`specc lsp\` ended with code ${end.code ?? "unknown"}${said}`, installs: false};
}

module.exports = {explainEnd, findProgram, installCommand};
