// ---- lists that change: one place adds cards to a feed, and one speaks to those who hear the page

// number says to a screen reader which place a card has among those of the page.
function number(feed) {
  if (!feed.matches("[role=feed]")) return; // a conversation is no feed
  $$(".crud", feed).forEach((crud, i) => crud.setAttribute("aria-posinset", i + 1));
}

// addCards adds cards to a feed, before one of its cards or at its end. What else follows from new cards follows here.
export function addCards(feed, cards, before = null) {
  feed.setAttribute("aria-busy", "true");
  for (const card of cards) feed.insertBefore(card, before);
  number(feed);
  feed.removeAttribute("aria-busy");
  tick();
  if (canKeep && !isShell) keepHome();
}

// dropCard takes away a card that is gone before its end. Its place stays while it is on the screen, and it is not kept.
export function dropCard(card) {
  blank(card);
  if (canKeep && !isShell) keepHome();
}

// announce speaks to a screen reader, politely. What comes within a moment is said in one go, and of each kind only the
// newest, so that a page on which much happens does not chatter. Countdowns never come here.
const unsaid = new Map();

export function announce(text, kind = text) {
  unsaid.delete(kind);
  unsaid.set(kind, text);
  announce.timer ||= setTimeout(() => {
    announce.timer = 0;
    const said = $("#said");
    said.textContent = [...unsaid.values()].join(" ");
    unsaid.clear();
    clearTimeout(announce.clearing);
    announce.clearing = setTimeout(() => { said.textContent = ""; }, 6000); // the same text later is said again
  }, 500);
}
