// The copy button of a session copies its commands alone: not the prompts, and not what the commands print.
document.addEventListener("click", event => {
  const button = event.target.closest("button[data-clipboard-target], .md-clipboard, .md-code__button");
  const block = button && button.closest(".language-console");
  const code = block && block.querySelector("code");
  if (!code || !/^\$ /m.test(code.textContent)) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  const area = document.createElement("textarea");
  area.value = commands(code.textContent);
  area.style.position = "fixed";
  document.body.append(area);
  area.select();
  document.execCommand("copy"); // navigator.clipboard does not exist for pages on the disk
  area.remove();
  button.title = "Copied the commands";
}, true);

function commands(text) {
  const lines = text.split("\n");
  return lines.filter(line => /^[$>] /.test(line)).map(line => line.slice(2)).join("\n") + "\n";
}

// Browsers start no worker for a page on the disk. The search needs one, so its script runs in a hidden frame instead.
if (location.protocol === "file:") {
  window.Worker = class {
    constructor(url) {
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const script = this.frame.contentDocument.createElement("script");
      this.started = new Promise(resolve => { script.onload = resolve; });
      this.frame.contentWindow.postMessage = data => { this.onmessage({ data }); };
      script.src = new URL(url, location.href).href;
      this.frame.contentDocument.body.append(script);
    }

    postMessage(data) {
      this.started.then(() => this.frame.contentWindow.onmessage({ data }));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
