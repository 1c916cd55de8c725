/** Id of the section of a task, which links and the page's state in the address name it by. */
export function taskId(task: string): string {
  return `task=${encoded(task)}`;
}

/** Id of a row, which is its permalink. */
export function rowId(task: string, entry: string): string {
  return `row=${encoded(`${task}/${entry}`)}`;
}

function encoded(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'));
}
