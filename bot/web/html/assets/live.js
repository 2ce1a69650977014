// Parts of a page that change while it is looked at: each element with data-live names a stream of server-sent events,
// whose data is text for one of its children, by data-field. Without this script pages are as they were when loaded.
"use strict";

for (const part of document.querySelectorAll("[data-live]")) {
  const stream = new EventSource(part.dataset.live);
  stream.addEventListener("fields", (event) => {
    for (const [name, text] of Object.entries(JSON.parse(event.data))) {
      for (const field of part.querySelectorAll("[data-field]")) {
        if (field.dataset.field === name && field.textContent !== text) field.textContent = text;
      }
    }
  });
  // The server says when there is nothing more to tell; without that the browser asks again and again.
  stream.addEventListener("end", () => stream.close());
}
