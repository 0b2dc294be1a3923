// ---- pictures: they are sent as soon as they are chosen, pasted or dropped, and described while the text is written.
// Without this the form sends them itself.

const pictureTypes = /^image\/(jpeg|png|webp|gif)$/;
let arriving = 0;

// say shows an error of the pictures, as the server would.
function sayPictures(text) {
  const input = $("#pictures", form);
  let p = $("#pictures-error", form);
  if (!p) {
    p = make("p", { id: "pictures-error", className: "error" });
    p.setAttribute("role", "alert");
    $(".given", form).after(p);
  }
  put(p, text);
  text ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
}

// send brings one file to the server and reports how far it is.
function send(file, progress) {
  return new Promise((done) => {
    const x = new XMLHttpRequest(), body = new FormData();
    body.append("pictures", file);
    x.upload.addEventListener("progress", (e) => { if (e.lengthComputable) progress.value = e.loaded / e.total; });
    x.addEventListener("loadend", () => done(parsed(x.responseText) ?? { error: t("The picture did not arrive. Try again.") }));
    x.open("POST", "/pictures");
    x.send(body);
  });
}

function tool(label, text, act) {
  const b = make("button", { type: "button", textContent: text, title: label });
  b.setAttribute("aria-label", label);
  b.addEventListener("click", act);
  return b;
}

// given makes a line of the list: what the server has, with a description and tools in place of the checkbox.
function givenLine(li, a) {
  const img = make("img", { src: a.url, alt: "", width: 72, height: 72 });
  const text = make("textarea", { name: `alt-${a.uuid}`, rows: 2, placeholder: t("Describe it for those who do not see it"), maxLength: 1500, dir: "auto" });
  text.setAttribute("aria-label", t("What the picture shows"));
  const box = make("div");
  box.append(make("input", { type: "hidden", name: "picture", value: a.value }), text);
  li.replaceChildren(img, box);
  tools(li);
}

function tools(li) {
  const box = make("div", { className: "given-tools" });
  box.append(
    tool(t("Move the picture forward"), "↑", () => { li.previousElementSibling?.before(li); li.querySelector("button").focus(); }),
    tool(t("Remove the picture"), "×", () => { li.remove(); $("#pictures", form).focus(); sayPictures(""); }),
  );
  $(".drop", li)?.remove();
  li.append(box);
}

async function addPicture(file) {
  const list = $(".given", form);
  form.classList.add("open");
  if (list.children.length >= Number($("#pictures", form).dataset.most)) { sayPictures(t("A crud has at most {n} pictures.", { n: 4 })); return; }
  if (!pictureTypes.test(file.type)) { sayPictures(t("That is no picture that can be shown here. Choose a JPEG, PNG, WebP or GIF.")); return; }
  if (file.size > 8 << 20) { sayPictures(t("That picture is larger than 8 MB.")); return; }
  sayPictures("");
  const li = make("li"), progress = make("progress", { max: 1, value: 0 });
  progress.setAttribute("aria-label", file.name ? t("Sending {file}", { file: file.name }) : t("Sending the picture"));
  li.append(make("span", { className: "wait" }), progress);
  list.append(li);
  arriving++;
  const a = await send(file, progress);
  arriving--;
  if (a.error) { li.remove(); sayPictures(a.error); return; }
  if (li.isConnected) givenLine(li, a);
}

function pictures() {
  const input = form && $("#pictures", form);
  if (!input) return;
  $('[name="do"]', form).hidden = true;
  for (const li of $$(".given > li", form)) tools(li);
  const take = (files) => { for (const f of files) addPicture(f); };
  input.addEventListener("change", () => { take([...input.files]); input.value = ""; });
  form.addEventListener("paste", (e) => {
    const files = [...e.clipboardData?.files ?? []].filter((f) => pictureTypes.test(f.type));
    if (!files.length) return;
    e.preventDefault();
    take(files);
  });
  const dragged = (e) => e.dataTransfer?.types.includes("Files");
  form.addEventListener("dragover", (e) => { if (dragged(e)) { e.preventDefault(); form.classList.add("over-drop"); } });
  form.addEventListener("dragleave", () => form.classList.remove("over-drop"));
  form.addEventListener("drop", (e) => {
    form.classList.remove("over-drop");
    if (!dragged(e)) return;
    e.preventDefault();
    take([...e.dataTransfer.files]);
  });
  form.addEventListener("submit", (e) => {
    if (!arriving) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    sayPictures(t("A picture is still on its way. Wait a moment, then post."));
  }, { capture: true });
}

// faces shows which file is chosen for a picture of oneself, and then the button that sends it.
function faces() {
  for (const input of $$(".face input[type=file]")) {
    const show = () => {
      put($(".file-name", input.form), input.files[0]?.name ?? "");
      input.form.classList.toggle("chosen", input.files.length > 0);
    };
    input.addEventListener("change", show);
    show(); // a browser may have kept the choice
  }
}

// ---- a picture in full: arrows lead to the others of the crud, Escape back

function lightbox() {
  let links = [], at = 0, from = null;
  const dialog = make("dialog", { className: "box" }), big = make("img", { className: "box-big", alt: "" }), says = make("p", { className: "box-say" });
  dialog.setAttribute("aria-label", t("Picture"));
  dialog.tabIndex = -1;
  const before = tool(t("Previous picture"), "‹", () => look(at - 1)), after = tool(t("Next picture"), "›", () => look(at + 1));
  const close = tool(t("Close"), "×", () => dialog.close());
  close.className = "box-close";
  dialog.append(big, before, says, after, close);
  const look = (to) => {
    if (to < 0 || to >= links.length) return;
    at = to;
    const img = $("img", links[at]);
    big.src = links[at].href;
    big.alt = img.alt;
    put(says, img.alt);
    before.disabled = at === 0;
    after.disabled = at === links.length - 1;
  };
  dialog.addEventListener("keydown", (e) => {
    e.stopPropagation();
    const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key] * (dialog.matches(":dir(rtl)") ? -1 : 1);
    if (by) { e.preventDefault(); look(at + by); }
  });
  dialog.addEventListener("click", (e) => { if (e.target === big) dialog.close(); });
  dialog.addEventListener("close", () => { big.removeAttribute("src"); from?.focus(); });
  document.addEventListener("click", (e) => {
    const a = e.target.closest?.("a.pic");
    if (!a || e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
    e.preventDefault();
    if (!dialog.isConnected) document.body.append(dialog);
    links = $$("a.pic", a.closest(".pics"));
    from = a;
    look(links.indexOf(a));
    dialog.showModal();
    dialog.focus(); // not a button: the Enter that opened it would press that too
  });
}
