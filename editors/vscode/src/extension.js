// The extension: it starts `specc lsp`, and runs other commands of specc when the user asks for them.

const {execFile, spawn} = require("node:child_process");
const path = require("node:path");
const vscode = require("vscode");
const {CloseAction, ErrorAction, LanguageClient} = require("vscode-languageclient/node");
const {explainedAt} = require("./keys");
const {filesIn} = require("./links");
const {explainEnd, findProgram, installCommand} = require("./program");
const {targetsIn} = require("./settings");

const SCHEME = "specc-output";
const MAX_OUTPUT = 64 << 20;
const MAX_STDERR = 8192;
const MAX_RESTARTS = 4;

const SELECTOR = [
  {scheme: "file", language: "specc"},
  {scheme: "untitled", language: "specc"},
  {scheme: "file", pattern: "**/*.job.{yaml,yml}"},
  {scheme: "file", pattern: "**/specc.toml"},
  {scheme: "file", pattern: "**/specc.local.toml"},
];

/** The language server of this window, and what is known of how it fares. */
class Server {
  /** @param {vscode.LogOutputChannel} log */
  constructor(log) {
    this.log = log;
    /** @type {LanguageClient | undefined} */
    this.client = undefined;
    this.state = "stopped";
    /** @type {vscode.EventEmitter<void>} */
    this.changed = new vscode.EventEmitter();
    /** @type {Promise<void>} */
    this.last = Promise.resolve();
  }

  /** Start the server anew, after whatever start or stop is under way. */
  restart() {
    this.last = this.last.then(() => this.stop()).then(() => this.start());
    return this.last;
  }

  async start() {
    const found = await program();
    if ("problem" in found) {
      this.become("not found");
      this.log.error(found.problem);
      await offer(found.problem, installCommand(), this.log);
      return;
    }
    /** @type {{stderr: string, ended: Promise<{code: number | null, error?: Error}>}} */
    const process = {stderr: "", ended: Promise.resolve({code: null})};
    let isReady = false;
    let restarts = 0;
    const client = new LanguageClient("specc", "specc", () => this.spawn(found.path, process), {
      documentSelector: SELECTOR,
      outputChannel: this.log,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({action: ErrorAction.Continue, handled: true}),
        closed: () => {
          restarts += 1;
          if (isReady && restarts <= MAX_RESTARTS) {
            return {action: CloseAction.Restart, handled: true};
          }
          if (isReady) {
            void this.failed(found.path, process);
          }
          return {action: CloseAction.DoNotRestart, handled: true};
        },
      },
    });
    this.client = client;
    this.become("starting");
    this.log.info(`starting ${found.path} lsp`);
    try {
      await client.start();
      isReady = true;
      this.become("running");
    } catch (error) {
      this.log.error(String(error));
      await this.failed(found.path, process);
    }
  }

  /**
   * Start the process without a shell, and keep the end of what it says on standard error.
   * @param {string} file
   * @param {{stderr: string, ended: Promise<{code: number | null, error?: Error}>}} process
   * @returns {Promise<import("node:child_process").ChildProcess>}
   */
  async spawn(file, process) {
    const child = spawn(file, ["lsp", "--stdio"], {cwd: workspaceFolder(), shell: false});
    process.stderr = "";
    child.stderr.on("data", (data) => {
      process.stderr = (process.stderr + String(data)).slice(-MAX_STDERR);
    });
    process.ended = new Promise((resolve) => {
      child.on("error", (error) => resolve({code: null, error}));
      child.on("close", (code) => resolve({code}));
    });
    return child;
  }

  /**
   * @param {string} file
   * @param {{stderr: string, ended: Promise<{code: number | null, error?: Error}>}} process
   */
  async failed(file, process) {
    const patience = new Promise((resolve) => setTimeout(() => resolve({code: null}), 3000));
    const end = /** @type {{code: number | null, error?: Error}} */ (await Promise.race([process.ended, patience]));
    const {message, installs} = explainEnd({...end, stderr: process.stderr});
    this.become("failed");
    this.log.error(message);
    await offer(message, installs ? installCommand(file) : undefined, this.log);
  }

  async stop() {
    const client = this.client;
    this.client = undefined;
    this.become("stopped");
    try {
      await client?.dispose();
    } catch (error) {
      this.log.warn(`the server did not stop in order: ${error}`);
    }
  }

  /** @param {string} state */
  become(state) {
    this.state = state;
    this.changed.fire();
  }
}

/**
 * Show an error, with what the user can do about it. Nothing is installed without the user.
 * @param {string} message
 * @param {string | undefined} command
 * @param {vscode.LogOutputChannel} log
 */
async function offer(message, command, log) {
  const copy = "Copy Command";
  const settings = "Open Settings";
  const show = "Show Log";
  const advice = command ? ` Install it with: ${command}` : "";
  // Not awaited by the start: the message stays until somebody closes it.
  void vscode.window.showErrorMessage(message + advice, ...(command ? [copy] : []), settings, show).then(async (choice) => {
    if (choice === copy && command) {
      await vscode.env.clipboard.writeText(command);
    } else if (choice === settings) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "specc.path");
    } else if (choice === show) {
      log.show();
    }
  });
}

function workspaceFolder() {
  return vscode.workspace.workspaceFolders?.find((folder) => folder.uri.scheme === "file")?.uri.fsPath;
}

/** Return the program, as the user, the workspace and PATH decide it. */
async function program() {
  const folders = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath);
  const isTrusted = vscode.workspace.isTrusted;
  return findProgram({
    setting: vscode.workspace.getConfiguration("specc").get("path", ""),
    folders,
    isTrusted,
    interpreter: isTrusted ? await interpreter() : undefined,
    searchPath: process.env.PATH,
  });
}

/** Return the Python that is chosen for the workspace, if the Python extension is there and knows one. */
async function interpreter() {
  const python = vscode.extensions.getExtension("ms-python.python");
  if (!python) {
    return undefined;
  }
  try {
    const api = await python.activate();
    return api?.environments?.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri)?.path;
  } catch {
    return undefined; // another extension's failure is not ours to report
  }
}

/**
 * Run specc without a shell, and return what it prints. Returns undefined where specc is not found or the user cancels.
 * @param {string[]} words
 * @param {string} folder
 * @returns {Promise<{code: number, out: string, err: string} | undefined>}
 */
async function run(words, folder) {
  const found = await program();
  if ("problem" in found) {
    return {code: 2, out: "", err: found.problem};
  }
  const options = {location: vscode.ProgressLocation.Window, title: `specc ${words[0]}`};
  return vscode.window.withProgress(options, () => output(found.path, words, folder));
}

/**
 * @param {string} file
 * @param {string[]} words
 * @param {string} folder
 * @returns {Promise<{code: number, out: string, err: string}>}
 */
function output(file, words, folder) {
  const env = {...process.env, NO_COLOR: "1", COLUMNS: "120", PYTHONIOENCODING: "utf-8"};
  return new Promise((resolve) => {
    execFile(file, words, {cwd: folder, env, maxBuffer: MAX_OUTPUT, shell: false}, (error, out, err) => {
      const code = error ? (typeof error.code === "number" ? error.code : 2) : 0;
      resolve({code, out, err: error && !err ? error.message : err});
    });
  });
}

/** Texts that commands have printed, each at an address of its own. */
class Outputs {
  constructor() {
    /** @type {Map<string, {text: string, folder: string}>} */
    this.texts = new Map();
    this.changed = new vscode.EventEmitter();
    this.onDidChange = this.changed.event;
  }

  /** @param {vscode.Uri} uri */
  provideTextDocumentContent(uri) {
    return this.texts.get(uri.toString())?.text ?? "";
  }

  /** @param {vscode.TextDocument} document */
  provideDocumentLinks(document) {
    const folder = this.texts.get(document.uri.toString())?.folder;
    if (folder === undefined) {
      return [];
    }
    return document.getText().split("\n").flatMap((text, number) =>
      filesIn(text).map(({start, end, file, line, column}) => {
        const target = vscode.Uri.file(path.resolve(folder, file)).with({fragment: `L${line},${column}`});
        return new vscode.DocumentLink(new vscode.Range(number, start, number, end), target);
      }),
    );
  }

  /**
   * Show a text beside the editor.
   * @param {string} name
   * @param {string} text
   * @param {string} folder
   * @param {string} language
   */
  async show(name, text, folder, language) {
    const uri = vscode.Uri.from({scheme: SCHEME, path: `/${name}`});
    this.texts.set(uri.toString(), {text, folder});
    this.changed.fire(uri);
    const document = await vscode.languages.setTextDocumentLanguage(await vscode.workspace.openTextDocument(uri), language);
    await vscode.window.showTextDocument(document, {viewColumn: vscode.ViewColumn.Beside, preview: true, preserveFocus: true});
  }

  /** @param {vscode.TextDocument} document */
  forget(document) {
    this.texts.delete(document.uri.toString());
  }
}

/** The target that commands use, for each project, and where it is shown. */
class Targets {
  /** @param {vscode.Memento} memory @param {Server} server */
  constructor(memory, server) {
    this.memory = memory;
    this.server = server;
    this.item = vscode.window.createStatusBarItem("specc.target", vscode.StatusBarAlignment.Right, 90);
    this.item.name = "specc: target";
    this.item.command = "specc.chooseTarget";
    /** @type {Map<string, Promise<{root: string, target: string, targets: string[]} | undefined>>} */
    this.projects = new Map();
  }

  /** Return what is known of the project that a folder lies in. @param {string} folder */
  project(folder) {
    let known = this.projects.get(folder);
    if (!known) {
      known = run(["config", ".", "--output", "json"], folder).then((answer) => {
        try {
          return answer?.out ? targetsIn(answer.out) : undefined;
        } catch {
          return undefined; // an older specc, or no JSON: the item says that the target is not known
        }
      });
      this.projects.set(folder, known);
    }
    return known;
  }

  /** Return the words of the command line for the target that the user has chosen. @param {string} folder */
  async words(folder) {
    const project = await this.project(folder);
    const chosen = project && this.chosen(project.root);
    return chosen && project.targets.includes(chosen) ? ["--target", chosen] : [];
  }

  /** @param {string} root @returns {string | undefined} */
  chosen(root) {
    return this.memory.get(`target ${root}`);
  }

  forget() {
    this.projects.clear();
    void this.show();
  }

  async show() {
    const document = vscode.window.activeTextEditor?.document;
    if (!document || !isOurs(document)) {
      this.item.hide();
      return;
    }
    const project = await this.project(path.dirname(document.uri.fsPath));
    if (vscode.window.activeTextEditor?.document !== document) {
      return; // the user has gone on
    }
    const chosen = project && this.chosen(project.root);
    const state = this.server.state === "running" ? "" : " $(warning)";
    this.item.text = `$(server-environment) ${chosen ?? project?.target ?? "specc"}${state}`;
    const about = project ? [`Project: ${project.root}`, `Its default target: ${project.target}`] : ["`specc config` gives no target here."];
    this.item.tooltip = [...about, `Language server: ${this.server.state}`, "Click to choose the target of commands."].join("\n");
    this.item.show();
  }

  async choose() {
    const document = vscode.window.activeTextEditor?.document;
    const project = document && (await this.project(path.dirname(document.uri.fsPath)));
    if (!project) {
      void vscode.window.showWarningMessage("Open a spec of a project first: the targets stand in its specc.toml.");
      return;
    }
    const items = project.targets.map((name) => ({label: name, description: name === project.target ? "the project's default" : ""}));
    const picked = await vscode.window.showQuickPick(items, {title: "Target of render, explain and plan"});
    if (picked) {
      await this.memory.update(`target ${project.root}`, picked.label === project.target ? undefined : picked.label);
      await this.show();
    }
  }
}

/** @param {vscode.TextDocument} document */
function isOurs(document) {
  return document.uri.scheme === "file" && (document.languageId === "specc" || vscode.languages.match(SELECTOR, document) > 0);
}

/** Return the saved spec in the active editor, or undefined after a message. */
async function savedSpec() {
  const editor = vscode.window.activeTextEditor;
  if (!editor || editor.document.uri.scheme !== "file" || editor.document.languageId !== "specc") {
    void vscode.window.showWarningMessage("Open a spec (*.job.yaml) that is saved in a folder first.");
    return undefined;
  }
  if (editor.document.isDirty && !(await editor.document.save())) {
    return undefined;
  }
  const file = editor.document.uri.fsPath;
  return {editor, file, folder: vscode.workspace.getWorkspaceFolder(editor.document.uri)?.uri.fsPath ?? path.dirname(file)};
}

/** @param {vscode.ExtensionContext} context */
function activate(context) {
  const log = vscode.window.createOutputChannel("specc", {log: true});
  const server = new Server(log);
  const outputs = new Outputs();
  const targets = new Targets(context.workspaceState, server);

  /**
   * Run a command of specc for the active spec, and show what it prints.
   * @param {(spec: {editor: vscode.TextEditor, file: string, folder: string}) => {words: string[], name: string, language?: string}} asked
   */
  const shown = (asked) => async () => {
    const spec = await savedSpec();
    if (!spec) {
      return;
    }
    const {words, name, language} = asked(spec);
    const takesTarget = words[0] !== "graph";
    const answer = await run([...words, ...(takesTarget ? await targets.words(path.dirname(spec.file)) : [])], spec.folder);
    if (answer) {
      const isGood = answer.code === 0;
      const text = isGood ? answer.out : [answer.out, answer.err].filter(Boolean).join("\n");
      await outputs.show(name, text, spec.folder, isGood && language ? language : "plaintext");
    }
  };

  const commands = {
    "specc.explain": shown(({editor, file}) => {
      const {line, character} = editor.selection.active;
      const at = explainedAt(editor.document.getText().split(/\r?\n/), line, character);
      const profile = at?.profile ? ["--profile", at.profile] : [];
      return {words: ["explain", file, ...(at ? [at.field] : []), ...profile], name: `${path.basename(file)}: ${at?.field ?? "job"}`};
    }),
    "specc.render": shown(({file}) => ({words: ["render", file, "--format", "pretty"], name: `${path.basename(file)}: payloads`, language: "jsonc"})),
    "specc.graph": shown(({file}) => ({words: ["graph", file, "--output", "text"], name: `${path.basename(file)}: graph`})),
    "specc.plan": async () => {
      const spec = await savedSpec();
      const found = spec && (await program());
      if (!spec || !found) {
        return;
      }
      if ("problem" in found) {
        await offer(found.problem, installCommand(), log);
        return;
      }
      const words = ["plan", spec.file, ...(await targets.words(path.dirname(spec.file)))];
      const execution = new vscode.ProcessExecution(found.path, words, {cwd: spec.folder});
      const task = new vscode.Task({type: "specc", command: "plan"}, vscode.TaskScope.Workspace, "plan", "specc", execution);
      task.presentationOptions = {clear: true, focus: false};
      await vscode.tasks.executeTask(task);
    },
    "specc.chooseTarget": () => targets.choose(),
    "specc.restart": () => {
      targets.forget();
      return server.restart();
    },
    "specc.showLog": () => log.show(),
  };

  context.subscriptions.push(
    log,
    targets.item,
    ...Object.entries(commands).map(([name, command]) => vscode.commands.registerCommand(name, command)),
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, outputs),
    vscode.languages.registerDocumentLinkProvider({scheme: SCHEME}, outputs),
    vscode.workspace.onDidCloseTextDocument((document) => outputs.forget(document)),
    vscode.workspace.onDidSaveTextDocument((document) => {
      if (/\.toml$/.test(document.fileName)) {
        targets.forget();
      }
    }),
    vscode.window.onDidChangeActiveTextEditor(() => targets.show()),
    server.changed.event(() => targets.show()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => vscode.commands.executeCommand("specc.restart")),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("specc.path")) {
        void vscode.commands.executeCommand("specc.restart");
      }
    }),
    {dispose: () => server.stop()},
  );
  void server.restart();
}

module.exports = {activate};
