/* charts.js: the charts of the page, mounted where figures with data-chart stand. */
