// The answer of `specc config --output json`. Nothing here knows VS Code.

/**
 * Return the default target of a project and the names of all its targets; `local` always exists.
 * @param {string} json
 * @returns {{root: string, target: string, targets: string[]}}
 */
function targetsIn(json) {
  /** @type {{root: string, settings: {key: string, value: unknown, overridden: boolean}[]}} */
  const {root, settings} = JSON.parse(json);
  const target = settings.find((each) => each.key === "target" && !each.overridden)?.value;
  const named = settings.map((each) => /^targets\.("(?:[^"\\]|\\.)*"|[^.]+)\./.exec(each.key)?.[1]).filter((name) => name !== undefined);
  const names = named.map((name) => (name.startsWith('"') ? String(JSON.parse(name)) : name));
  return {root, target: typeof target === "string" ? target : "local", targets: [...new Set([...names, "local"])].sort()};
}

module.exports = {targetsIn};
