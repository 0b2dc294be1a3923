// ---- what waits to be sent: cruds and replies that were posted without a connection. The service worker keeps and sends
// them; here their author sees them, and takes them back to change or discard them.

// me is the member who reads; on the page without a connection the one who read last.
const me = () => root.dataset.member;
let waitingBox = null;

// waiting shows what waits below the form, or in its place on the page without a connection.
async function waiting() {
  const place = $("#outbox") ?? form;
  if (!place || place.matches(".write") || !me()) return;
  const list = (await waitingItems().catch(() => [])).filter((item) => item.by === me());
  waitingBox ??= place.matches("form") ? place.parentElement.insertBefore(make("section", { className: "outbox" }), place.nextSibling) : place;
  waitingBox.hidden = list.length === 0;
  waitingBox.setAttribute("aria-label", t("Waiting to be sent"));
  const refused = list.filter((item) => item.state === "refused"), rest = list.filter((item) => item.state !== "refused");
  // A line that has not changed stays as it is, under the finger that is about to press it.
  const lines = new Map($$(".draft", waitingBox).map((line) => [line.item, line]));
  if (!$("p.dim", waitingBox)) waitingBox.prepend(make("p", { className: "dim" }));
  let before = $("p.dim", waitingBox);
  before.hidden = rest.length === 0;
  before.textContent = `${t("{n} waiting to be sent.", { n: rest.length })} ${t("They are sent when there is a connection again, and live from then on.")}`;
  const wanted = [...refused, ...rest].map((item) => [JSON.stringify(item), item]);
  for (const [item, line] of lines) if (!wanted.some(([w]) => w === item)) line.remove();
  for (const [text, item] of wanted) {
    const line = lines.get(text) ?? Object.assign(waitingLine(item), { item: text });
    if (before.nextSibling !== line) before.after(line);
    before = line;
  }
  clearInterval(waiting.timer); // a server that was away says nothing when it is back
  if (rest.length) waiting.timer = setInterval(() => { if (!document.hidden) sendWaiting(); }, 30_000);
}

function waitingLine(item) {
  const line = make("div", { className: "draft" });
  if (item.state === "refused") line.append(make("p", { className: "error", textContent: whyNot(item) }));
  line.append(
    make("span", { className: "draft-text", dir: "auto", textContent: fieldOf(item, "message") }),
    press(t("Edit"), () => takeBack(item)),
    press(t("Discard"), async () => { if (await claim(item)) { waiting(); area?.focus(); } }));
  return line;
}

// whyNot says why something was not posted.
function whyNot(item) {
  if (item.late) return t("This has waited longer than it was to live. It may have been posted and have ended since.");
  if (item.gone) return t("What this answers is gone. You can post it as a crud of its own.");
  return item.why || t("The server did not take this.");
}

// claim takes an item out of what waits, unless it has been sent meanwhile.
const claim = (item) => alone(async () => {
  const there = (await waitingItems()).some((x) => x.id === item.id);
  if (there) await kept("readwrite", (one, outbox) => { outbox.delete(item.id); });
  return there;
});

// takeBack makes a draft again of what waits: in this form, or on the page that has its form. It keeps its id, so that
// the server takes it once if nothing is changed.
async function takeBack(item) {
  if (!await claim(item)) { waiting(); return; }
  const path = item.gone ? "/compose" : item.path;
  if (isShell) form.setAttribute("action", path);
  const draft = { by: self(), to: path, text: fieldOf(item, "message"), ttl: fieldOf(item, "ttl"), warning: fieldOf(item, "content_warning"), at: Date.now() };
  store.set(draftPrefix + item.id, JSON.stringify(draft));
  if (path !== aim()) {
    tabStore.set(`cruddur-draft ${self()}${path === "/compose" ? "" : ` ${path}`}`, item.id);
    location.href = path;
    return;
  }
  show(item.id, draft.text, draft.ttl, draft.warning);
  picturesBack(item);
  offer(); // what stood here is among the drafts
  waiting();
  form.classList.add("open");
  area.focus();
}

// picturesBack puts the pictures of an item into the form.
function picturesBack(item) {
  const list = $(".given", form);
  for (const [name, value] of item.fields) {
    if (name !== "picture") continue;
    const uuid = value.split(".")[0], alt = fieldOf(item, `alt-${uuid}`);
    if (!list) {
      form.append(make("input", { type: "hidden", name, value }), make("input", { type: "hidden", name: `alt-${uuid}`, value: alt }));
      continue;
    }
    const li = make("li");
    list.append(li);
    givenLine(li, { uuid, value, url: `/pictures/${uuid}/small.${value.split(".")[1]}` });
    $("textarea", li).value = alt;
  }
}

const sendWaiting = () => navigator.serviceWorker?.controller?.postMessage({ send: true });

// nowWaiting forgets the draft of what waits now. The address only says which: whether it waits, the worker has noted.
async function nowWaiting() {
  const id = new URLSearchParams(location.search).get("waiting");
  if (!id) return;
  const item = (await waitingItems().catch(() => [])).find((x) => x.id === id);
  if (item && readDraft(id)?.text.trim() === String(fieldOf(item, "message")).replace(/\r\n/g, "\n").trim()) { notePosted(id); settle(); }
  history.replaceState(null, "", location.pathname + location.hash);
}
