// ---- begin

if (isShell && canKeep) await shellBegins();
if (root.dataset.now !== undefined || form) {
  drafts();
  counters();
  composing();
}
forget();
peeks();
handles();
themes();
talking();
writing();
pictures();
faces();
lightbox();
keyboard();
tick();
living();
onward();
document.addEventListener("visibilitychange", tick);
addEventListener("pageshow", (e) => {
  settle(); // Back may have brought a text that is posted
  if (!e.persisted) return;
  sent = 0;
  tick();
});
