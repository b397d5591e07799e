// Of which place a page is: its project, region and person. Another tab may have
// gone to another place meanwhile, and nothing that is pressed here may be done
// there. Forms say so by themselves; this says it for what htmx asks for.

const FIELD = "at";
const HEADER = "Flowdeck-Place";

export const place = document.body?.dataset.place ?? "";

export const placed = () => (place ? { [HEADER]: place } : {});

document.addEventListener("htmx:config:request", (event) => {
  const { request } = event.detail.ctx;
  Object.assign(request.headers, placed());
});

// A form that came with a part of the page, and is sent by the browser itself.
document.addEventListener("formdata", (event) => {
  if (place && event.target.method === "post") event.formData.set(FIELD, place);
});
