/* Shows the OpenAPI document; calls go to wherever this page came from. */
"use strict";

(async () => {
  const place = document.getElementById("docs");
  const answer = await fetch(place.dataset.document, { headers: { Accept: "application/json" } });
  const spec = await answer.json();
  spec.servers = [{ url: window.location.origin }];
  window.ui = window.SwaggerUIBundle({
    spec,
    domNode: place,
    deepLinking: true,
    docExpansion: "none",
    defaultModelsExpandDepth: -1,
    displayRequestDuration: true,
    persistAuthorization: false,
    tryItOutEnabled: true,
    validatorUrl: null,
    queryConfigEnabled: false,
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
  });
})();
