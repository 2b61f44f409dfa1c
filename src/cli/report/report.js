/* What a report does beyond showing: everything is readable without this. */
'use strict';
(() => {
  /* Before there is anything to see: what the script shows otherwise is not laid out twice. */
  const root = document.documentElement;
  root.classList.add('js');

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

  /* --- groups: a list that is drawn where it is seen, and one group beside it --- */

  const ROW = 56; /* pixels, as in report.css */
  const DOCUMENT_ID = 0, TIME = 1, SOURCE = 2, MEMBERS = 3;       /* of a group */
  const KIND = 3, JACCARD = 4, IN = 5, OF = 6, SCORE = 7, DETAIL = 8; /* of a member */

  function make(name, properties, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties || {}))
      if (key in element) element[key] = value;
      else element.setAttribute(key, value);
    element.append(...children);
    return element;
  }
  const named = (text) => make('bdi', { className: 'name' }, shown(text));

  /* An id as the page shows it elsewhere: see nd_html_name. */
  const shown = (text) =>
    text.replace(/[\t\n\r\f]/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');

  /* toLocaleString would load all languages first. */
  const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ',');
  const when = (seconds) =>
    seconds ? new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ') : '';

  /* "100 %" and "0 %" only where it is all and nothing. */
  function percent(ratio) {
    if (ratio > 0 && ratio < 0.01) return '<1 %';
    return `${ratio < 1 ? Math.min(99, Math.round(ratio * 100)) : 100} %`;
  }

  async function unpack(element) {
    if (element.type !== 'text/plain') return element.textContent;
    const text = atob(element.textContent);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Response(stream).text();
  }

  const documentsOf = (group) => [group, ...group[MEMBERS]];

  /* The document that had it first; the representative where no times are known. */
  function firstOf(group) {
    let first = group;
    for (const member of group[MEMBERS])
      if (member[TIME] && (!first[TIME] || member[TIME] < first[TIME])) first = member;
    return first;
  }

  /* Ratios come as ten-thousandths. */
  const RATIOS = 10000;

  class Browser {
    /* The first line says what the others are: groups, which are only parsed where they are needed. */
    constructor(text) {
      this.text = text;
      this.ends = []; /* of the lines */
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.ends.push(at);
      this.data = JSON.parse(text.slice(0, this.ends[0]));
      this.groups = [];
      this.all = Array.from({ length: this.ends.length - 1 }, (_, i) => i);
      this.visible = this.all;
      this.selected = null;
      this.pair = null; /* sources: [who had it first, who has it too] */
      this.build();
      this.filter();
    }

    group(i) {
      if (!this.groups[i])
        this.groups[i] = JSON.parse(this.text.slice(this.ends[i] + 1, this.ends[i + 1]));
      return this.groups[i];
    }

    build() {
      const option = (text, value) => make('option', { value }, text);
      const { sources, kinds, used } = this.data;
      this.find = make('input', { type: 'search', autocomplete: 'off', spellcheck: false });
      this.source = make('select', {}, option('any', ''),
        ...sources.map((name, i) => option(shown(name), i + 1)));
      this.kind = make('select', {}, option('any', ''),
        ...used.map((kind) => option(kinds[kind], kind)));
      this.least = make('input', { type: 'number', min: 0, max: 100, value: 0, step: 5 });
      this.order = make('select', {}, ...Object.keys(Browser.orders).map((name) => option(name, name)));
      this.status = make('output', { className: 'status' });
      const field = (label, control) => make('label', {}, make('span', {}, label), control);
      const form = make('form', { className: 'filters', role: 'search', 'aria-label': 'groups' },
        field('id contains', this.find), ...(sources.length ? [field('source', this.source)] : []),
        field('kind', this.kind), field('alike at least, %', this.least), field('order', this.order),
        this.status);
      let timer = 0;
      for (const type of ['input', 'change'])
        form.addEventListener(type, () => {
          clearTimeout(timer);
          timer = setTimeout(() => this.filter(), 80);
        });
      form.addEventListener('submit', (event) => event.preventDefault());

      this.rows = make('div', { className: 'rows', role: 'presentation' });
      this.space = make('div', { className: 'space', role: 'presentation' }, this.rows);
      this.list = make('div', { className: 'list', role: 'listbox', tabIndex: 0,
        'aria-label': 'groups' }, this.space);
      this.list.addEventListener('scroll', () => this.drawSoon(), { passive: true });
      new ResizeObserver(() => this.draw()).observe(this.list);
      this.list.addEventListener('click', (event) => {
        const row = event.target.closest('.row');
        if (row) this.select(this.visible[Number(row.dataset.at)]);
      });
      this.list.addEventListener('keydown', (event) => this.key(event));
      this.detail = make('section', { className: 'detail', 'aria-label': 'group' });
      const matrix = this.matrix();
      const plain = document.getElementById('plain');
      plain.before(form, ...(matrix ? [matrix] : []),
        make('div', { className: 'browser' }, this.list, this.detail));
    }

    /* --- which groups --- */

    /* What is asked for, as a function of a group; null: nothing is. */
    wanted() {
      const text = this.find.value.trim().toLowerCase();
      const source = Number(this.source.value), least = Number(this.least.value) / 100 * RATIOS;
      const kind = this.kind.value;
      return text || source || least > 0 || kind !== '' || this.pair
        ? (group) => this.matches(group, text, source, least, kind) : null;
    }

    matches(group, text, source, least, kind) {
      if (text && !documentsOf(group).some((d) => d[DOCUMENT_ID].toLowerCase().includes(text)))
        return false;
      if (source && !documentsOf(group).some((d) => d[SOURCE] === source)) return false;
      if (this.pair && !(firstOf(group)[SOURCE] === this.pair[0] &&
        documentsOf(group).some((d) => d !== firstOf(group) && d[SOURCE] === this.pair[1])))
        return false;
      return group[MEMBERS].some((member) =>
        member[JACCARD] >= least && (kind === '' || member[KIND] === Number(kind)));
    }

    filter() {
      const { total } = this.data, { all } = this;
      const wanted = this.wanted();
      this.visible = wanted ? all.filter((i) => wanted(this.group(i))) : all.slice();
      const value = Browser.orders[this.order.value];
      if (value) {
        const keys = new Map(this.visible.map((i) => [i, value(this.group(i))]));
        this.visible.sort((a, b) =>
          (keys.get(a) < keys.get(b) ? -1 : keys.get(a) > keys.get(b) ? 1 : a - b));
      }
      const of = total > all.length ? `${count(all.length)} listed of ${count(total)}` : count(total);
      this.status.textContent = this.visible.length === all.length && total === all.length
        ? `${of} groups` : `${count(this.visible.length)} of ${of} groups`;
      this.space.style.height = `${this.visible.length * ROW}px`;
      this.list.style.maxHeight = `${Math.max(1, this.visible.length) * ROW + 2}px`;
      this.list.scrollTop = 0;
      if (!this.visible.includes(this.selected))
        this.select(this.visible.length > 0 ? this.visible[0] : null);
      this.draw();
    }

    /* --- the list --- */

    drawSoon() {
      if (this.drawing) return;
      this.drawing = requestAnimationFrame(() => { this.drawing = 0; this.draw(); });
    }

    draw() {
      const first = Math.max(0, Math.floor(this.list.scrollTop / ROW) - 4);
      const last = Math.min(this.visible.length,
        Math.ceil((this.list.scrollTop + this.list.clientHeight) / ROW) + 4);
      const rows = [];
      for (let i = first; i < last; i++) rows.push(this.row(this.visible[i], i));
      this.rows.style.transform = `translateY(${first * ROW}px)`;
      this.rows.replaceChildren(...rows);
      const active = this.visible.indexOf(this.selected);
      if (active >= first && active < last)
        this.list.setAttribute('aria-activedescendant', `row${active}`);
      else this.list.removeAttribute('aria-activedescendant');
    }

    row(i, at) {
      const group = this.group(i);
      const members = group[MEMBERS];
      const likest = Math.max(...members.slice(0, 1000).map((member) => member[JACCARD]));
      const row = make('div', { className: 'row', role: 'option', id: `row${at}`,
        'aria-selected': String(i === this.selected), 'aria-setsize': this.visible.length,
        'aria-posinset': at + 1 },
      make('span', { className: 'size' }, count(members.length + 1)),
      make('span', { className: 'title' }, named(group[DOCUMENT_ID])),
      make('span', { className: 'faint' }, [`${count(members.length)} ${members.length === 1 ? 'copy' : 'copies'}`,
        `${percent(likest / RATIOS)} alike`, when(group[TIME]).slice(0, 10), this.data.sources[group[SOURCE] - 1]]
        .filter(Boolean).map(shown).join(' · ')));
      row.dataset.at = at;
      return row;
    }

    key(event) {
      const page = Math.max(1, Math.floor(this.list.clientHeight / ROW) - 1);
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page,
        Home: -Infinity, End: Infinity };
      const step = steps[event.key];
      if (step === undefined || this.visible.length === 0) return;
      event.preventDefault();
      const from = Math.max(0, this.visible.indexOf(this.selected));
      const to = Math.min(this.visible.length - 1, Math.max(0, from + step));
      this.list.scrollTop = Math.min(to * ROW,
        Math.max(this.list.scrollTop, (to + 1) * ROW - this.list.clientHeight));
      this.select(this.visible[to]);
    }

    /* --- one group --- */

    select(i) {
      this.selected = i;
      this.draw();
      this.detail.replaceChildren();
      if (i === null) {
        this.detail.append(make('p', {}, 'No group is like that.'));
        return;
      }
      const group = this.group(i);
      const members = group[MEMBERS];
      this.detail.append(make('h2', {}, named(group[DOCUMENT_ID]),
        ` and ${count(members.length)} ${members.length === 1 ? 'copy' : 'copies'}`),
      this.table(group), this.comparison = make('div', { className: 'comparison' }));
      const first = members.find((member) => member[DETAIL] >= 0);
      if (first) this.open(first);
      else this.comparison.append(make('p', { className: 'faint' },
        'The page has no room for the texts of this group.'));
    }

    table(group) {
      const { sources, scored, words: [kept, inKept, keptIn] } = this.data;
      const documents = documentsOf(group);
      const first = documents.some((d) => d[TIME]) ? firstOf(group) : null;
      const has = (column) => documents.some((d) => d[column]);
      const columns = [
        ['document', (d) => this.nameOf(d)],
        ...(has(SOURCE) ? [['source', (d) => make('bdi', {}, shown(sources[d[SOURCE] - 1] || ''))]] : []),
        ...(has(TIME) ? [['time (UTC)', (d) => make('span', {}, when(d[TIME]),
          ...(d === first ? [' ', make('span', { className: 'first' }, 'first')] : [])), 'time']] : []),
        ['kind', (d) => (d === group ? kept : this.data.kinds[d[KIND]])],
        ['alike', (d) => (d === group ? '' : percent(d[JACCARD] / RATIOS)), 'number'],
        [inKept, (d) => (d === group ? '' : percent(d[IN] / RATIOS)), 'number'],
        [keptIn, (d) => (d === group ? '' : percent(d[OF] / RATIOS)), 'number'],
        ...(scored ? [['verdict', (d) => (d === group ? '' : (d[SCORE] / RATIOS).toFixed(2)), 'number']] : []),
      ];
      const body = make('tbody');
      const table = make('table', { className: 'members' },
        make('thead', {}, make('tr', {}, ...columns.map(([name, , type]) =>
          make('th', { scope: 'col', className: type || '' }, name)))), body);
      const most = 500;
      for (const d of documents.slice(0, most))
        body.append(make('tr', {}, ...columns.map(([, value, type]) =>
          make('td', { className: type || '' }, value(d)))));
      if (documents.length > most)
        body.append(make('tr', {}, make('td', { colSpan: columns.length },
          `and ${count(documents.length - most)} more`)));
      return make('div', { className: 'wide', tabIndex: 0, role: 'region',
        'aria-label': 'documents of the group' }, table);
    }

    nameOf(d) {
      if (!(d[DETAIL] >= 0)) return named(d[DOCUMENT_ID]);
      const button = make('button', { type: 'button', className: 'open', 'aria-pressed': 'false' },
        named(d[DOCUMENT_ID]));
      button.addEventListener('click', () => this.open(d));
      button.dataset.detail = d[DETAIL];
      return button;
    }

    async open(member) {
      for (const button of this.detail.querySelectorAll('.open'))
        button.setAttribute('aria-pressed', String(Number(button.dataset.detail) === member[DETAIL]));
      const into = this.comparison;
      const element = document.getElementById(`m${member[DETAIL]}`);
      if (!element) return;
      if (element.tagName === 'SCRIPT') {
        const html = await unpack(element);
        if (into !== this.comparison) return;
        into.innerHTML = html; /* made, and escaped, by the program */
      } else {
        /* It stands further down, for readers without a script. */
        this.giveBack();
        this.lent = [element, [...element.childNodes]];
        into.replaceChildren(...this.lent[1]);
      }
      into.dataset.detail = member[DETAIL];
      into.querySelectorAll('.sides').forEach(scrollTogether);
    }

    giveBack() {
      if (this.lent) this.lent[0].append(...this.lent[1]);
      this.lent = null;
    }

    /* --- who copies from whom --- */

    /* Made when it is opened. */
    matrix() {
      if (this.data.sources.length < 2) return null;
      const matrix = make('details', { className: 'matrix' },
        make('summary', {}, 'Who copies from whom'));
      matrix.addEventListener('toggle', () => {
        if (matrix.children.length === 1) matrix.append(this.matrixTable());
      });
      return matrix;
    }

    matrixTable() {
      const { sources } = this.data;
      const cells = new Map(), sums = new Map();
      let hasTimes = false;
      for (const i of this.all) {
        const group = this.group(i);
        const first = firstOf(group);
        for (const d of documentsOf(group)) {
          hasTimes = hasTimes || d[TIME] !== 0;
          if (d === first || !d[SOURCE] || !first[SOURCE]) continue;
          const key = `${first[SOURCE]} ${d[SOURCE]}`;
          cells.set(key, (cells.get(key) || 0) + 1);
          for (const source of new Set([first[SOURCE], d[SOURCE]]))
            sums.set(source, (sums.get(source) || 0) + 1);
        }
      }
      const most = 12;
      const top = [...sums.keys()].sort((a, b) => sums.get(b) - sums.get(a) || a - b).slice(0, most);
      if (top.length === 0) return make('p', {}, 'No copy has a source.');
      const largest = Math.max(...cells.values());
      const label = (source) => make('bdi', {}, shown(sources[source - 1]));
      const cell = (from, to) => {
        const number = cells.get(`${from} ${to}`);
        if (!number) return make('td');
        const button = make('button', { type: 'button', className: `heat h${Math.ceil(4 * number / largest)}`,
          'aria-pressed': 'false', title: `${shown(sources[from - 1])} → ${shown(sources[to - 1])}` }, count(number));
        button.addEventListener('click', () => this.choosePair(button, [from, to]));
        return make('td', {}, button);
      };
      const caption = `Copies by source${sums.size > most ? `, of the ${most} with the most` : ''}: ${
        hasTimes ? 'the row had the text first, the column had it later'
          : `the row has the document ${this.data.words[0] === 'kept' ? 'kept' : 'that represents a group'}, the column a copy`}`;
      return make('div', { className: 'wide', tabIndex: 0, role: 'region', 'aria-label': 'sources' },
        make('table', {}, make('caption', {}, caption),
          make('thead', {}, make('tr', {}, make('td'),
            ...top.map((to) => make('th', { scope: 'col' }, label(to))))),
          make('tbody', {}, ...top.map((from) => make('tr', {},
            make('th', { scope: 'row' }, label(from)), ...top.map((to) => cell(from, to)))))));
    }

    choosePair(button, pair) {
      const isChosen = button.getAttribute('aria-pressed') === 'true';
      for (const other of document.querySelectorAll('.matrix .heat'))
        other.setAttribute('aria-pressed', 'false');
      button.setAttribute('aria-pressed', String(!isChosen));
      this.pair = isChosen ? null : pair;
      this.filter();
    }
  }

  /* What groups are sorted by, ascending; null: as they come, the largest first. */
  Browser.orders = {
    'largest first': null,
    'most alike first': (group) => -Math.max(...group[MEMBERS].slice(0, 1000).map((member) => member[JACCARD])),
    'least alike first': (group) => Math.min(...group[MEMBERS].slice(0, 1000).map((member) => member[JACCARD])),
    'earliest first': (group) => firstOf(group)[TIME] || Infinity,
    'latest first': (group) => -firstOf(group)[TIME] || Infinity,
    'by id': (group) => group[DOCUMENT_ID],
  };

  document.addEventListener('DOMContentLoaded', () => {
    document.querySelectorAll('.sides').forEach(scrollTogether);
    const groups = document.getElementById('groups');
    if (groups)
      unpack(groups).then((text) => new Browser(text)).catch((error) => {
        root.classList.add('plain');
        document.getElementById('plain').before(make('p', { className: 'note' },
          `This browser cannot unpack the list of all groups (${error}): below are the largest.`));
      });
  });
})();
