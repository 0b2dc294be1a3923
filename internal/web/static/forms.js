// ---- forms of accounts

// peeks lets people see the password that they type.
function peeks() {
  for (const box of $$(".secret")) {
    const input = $("input", box), b = press(t("Show"), () => look(input.type === "password"));
    const look = (on) => {
      input.type = on ? "text" : "password";
      b.setAttribute("aria-pressed", String(on));
    };
    b.className = "peek";
    b.setAttribute("aria-label", t("Show password"));
    b.setAttribute("aria-pressed", "false");
    box.append(b);
    input.form.addEventListener("submit", () => look(false)); // browsers keep what a text field was sent with
  }
}

// handles says whether a handle is free while it is typed.
function handles() {
  const input = $("input[data-check]");
  if (!input) return;
  const says = make("p", { className: "hint free" });
  says.setAttribute("role", "status");
  input.closest(".field").append(says);
  let timer = 0;
  const ask = async () => {
    const handle = input.value.trim();
    let a = null;
    try {
      const r = await fetch(`${input.dataset.check}?handle=${encodeURIComponent(handle)}`);
      a = r.ok ? await r.json() : null;
    } catch { /* then the answer to the form reports it */ }
    if (handle !== input.value.trim()) return;
    put(says, a?.text ?? "");
    says.classList.toggle("taken", a?.free === false);
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    put(says, "");
    if (input.value.trim().length > 1) timer = setTimeout(ask, 350);
  });
}
