/* What a report does beyond showing: everything is readable without this. */
'use strict';
(() => {
  document.documentElement.classList.add('js');

  /* --- passages: a click leads to the next place of one, and all its places light up --- */

  const byHash = (hash) => document.getElementById(decodeURIComponent(hash.slice(1)));

  function follow(link) {
    const target = byHash(link.getAttribute('href'));
    if (!target) return;
    if (location.hash === link.hash) target.scrollIntoView({ block: 'center' });
    else location.hash = link.hash;
    target.focus({ preventScroll: true });
  }

  /* The number in front of the place that a mark is part of. */
  function jumpOf(mark) {
    const passage = mark.dataset.p.split(' ').pop();
    const jumps = mark.closest('.lines').querySelectorAll(`.jump[data-p="${passage}"]`);
    let found = null;
    for (const jump of jumps)
      if (jump.compareDocumentPosition(mark) & Node.DOCUMENT_POSITION_FOLLOWING) found = jump;
    return found;
  }

  document.addEventListener('click', (event) => {
    const mark = event.target.closest('mark');
    if (!mark || !getSelection().isCollapsed) return;
    const jump = jumpOf(mark);
    if (jump) follow(jump);
  });

  let hot = [];
  document.addEventListener('mouseover', (event) => {
    for (const element of hot) element.classList.remove('hot');
    hot = [];
    const over = event.target.closest('[data-p]');
    const texts = over && over.closest('.sides, .side');
    if (!texts) return;
    const passage = over.dataset.p.split(' ').pop();
    hot = [...texts.querySelectorAll(`mark[data-p~="${passage}"], rect[data-p="${passage}"]`)];
    for (const element of hot) element.classList.add('hot');
  });

  /* --- two panes scroll together, by the passages that they share --- */

  /* Heights in both panes that belong together, ascending in both. */
  function anchorsOf(from, to) {
    const topIn = (pane, element) =>
      element.getBoundingClientRect().top - pane.getBoundingClientRect().top + pane.scrollTop;
    const anchors = [[0, 0]];
    for (const jump of from.querySelectorAll('.jump')) {
      const partner = byHash(jump.getAttribute('href'));
      if (!partner || !to.contains(partner)) continue;
      const anchor = [topIn(from, jump), topIn(to, partner)];
      const last = anchors[anchors.length - 1];
      if (anchor[0] > last[0] && anchor[1] > last[1]) anchors.push(anchor);
    }
    anchors.push([from.scrollHeight, to.scrollHeight]);
    return anchors;
  }

  function matching(anchors, height) {
    let i = 1;
    while (i < anchors.length - 1 && anchors[i][0] < height) i++;
    const [x0, y0] = anchors[i - 1], [x1, y1] = anchors[i];
    return y0 + (y1 - y0) * Math.min(1, Math.max(0, (height - x0) / (x1 - x0 || 1)));
  }

  function scrollTogether(sides) {
    const panes = [...sides.querySelectorAll('.pane')];
    let leader = null, timer = 0, anchors = null;
    panes.forEach((pane, i) => pane.addEventListener('scroll', () => {
      if (leader && leader !== pane) return;
      const other = panes[1 - i];
      if (!leader) anchors = anchorsOf(pane, other);
      leader = pane;
      clearTimeout(timer);
      timer = setTimeout(() => { leader = null; }, 200);
      const third = pane.clientHeight / 3;
      const height = matching(anchors, pane.scrollTop + third);
      other.scrollTo({ top: height - third, behavior: 'instant' });
    }, { passive: true }));
  }
  document.querySelectorAll('.sides').forEach(scrollTogether);
})();
