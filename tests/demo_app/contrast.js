// WCAG 2.2, 1.4.3 (AA): the texts of a page that stand out too little from what is behind them.
// An array of "ratio tag.class text", empty if all can be read.
() => {
  const parts = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const over = (above, below, share) => above.map((value, at) => value * share + below[at] * (1 - share));
  const channel = (value) => (value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.textContent.trim();
    const element = texts.currentNode.parentElement;
    if (!text || element.getClientRects().length === 0) continue;
    const above = [];
    for (let each = element; each; each = each.parentElement) above.unshift(getComputedStyle(each));
    let behind = [255, 255, 255];
    let opacity = 1;
    for (const style of above) {
      const back = parts(style.backgroundColor);
      opacity *= Number(style.opacity);
      behind = over(back.rgb, behind, back.alpha * opacity);
    }
    const own = above.at(-1);
    const ink = parts(own.color);
    const size = parseFloat(own.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(own.fontWeight) >= 700);
    const found = ratio(over(ink.rgb, behind, ink.alpha * opacity), behind);
    if (found < (large ? 3 : 4.5)) faint.push(`${found.toFixed(2)} ${element.tagName}.${element.className} ${text.slice(0, 30)}`);
  }
  return faint;
}
